use super::*;
use crate::domain::consent::CallbackErrorCode;
use crate::domain::postbox::PostboxRef;
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../fixtures/vectors/legacy/deep-links.json")).unwrap()
}

fn consent(link: &str) -> ConsentLink {
    match AppLink::parse(link) {
        Ok(AppLink::Consent(link)) => link,
        other => panic!("{link}: {other:?}"),
    }
}

fn agreed(code: Option<&str>, state: Option<&str>, postbox: bool) -> LinkOutcome {
    let postbox = postbox
        .then(|| PostboxRef { id: "postbox-1".to_owned(), public_pem: "-----BEGIN\nA+/=\n".to_owned() });
    LinkOutcome::Agreed(Agreed { code: code.map(str::to_owned), state: state.map(str::to_owned), postbox })
}

fn failed(error: CallbackErrorCode) -> LinkOutcome {
    LinkOutcome::Failed { error, state: Some("s".to_owned()), reference: "ref-1".to_owned() }
}

fn location(link: &ConsentLink, outcome: &LinkOutcome) -> String {
    match link.answer("session-key-1", outcome) {
        LinkAnswer::Location(location) => location,
        LinkAnswer::Result(result) => panic!("{result:?}"),
    }
}

fn extras(link: &ConsentLink, outcome: &LinkOutcome) -> IntentResult {
    match link.answer("session-key-1", outcome) {
        LinkAnswer::Result(result) => result,
        LinkAnswer::Location(location) => panic!("{location}"),
    }
}

/// What the callback of the vectors' links is followed by; it has a query and a fragment of its own.
fn added(link: &ConsentLink, outcome: &LinkOutcome) -> String {
    let location = location(link, outcome);
    let added = location.strip_prefix("https://app.example.test/cb?x=1&y=a b&");
    added.and_then(|added| added.strip_suffix("#z")).unwrap_or_else(|| panic!("{location}")).to_owned()
}

const POSTBOX: &str = "postboxId=postbox-1&publicKey=-----BEGIN%0AA%2B%2F%3D%0A";

/// How the links of a version are answered (protocol reference, legacy/deep-links §2).
fn check_answers(version: &str, name: &str, link: &ConsentLink) {
    let decline = added(link, &failed(CallbackErrorCode::UserCancel));
    let error = added(link, &failed(CallbackErrorCode::OnboardError));
    let first = version.starts_with("0.");
    match name {
        "consent_access" | "guest" if first => {
            assert_eq!(added(link, &agreed(None, None, false)), "result=DATA_READY");
            assert_eq!((decline.as_str(), error.as_str()), ("result=CANCELLED", "result=CANCELLED"));
        }
        "postbox_create" if first => {
            assert_eq!(added(link, &agreed(None, None, true)), format!("result=POSTBOX_READY&{POSTBOX}"));
            assert_eq!(decline, "result=CANCELLED");
        }
        "consent_access" | "guest" => {
            assert_eq!(added(link, &agreed(None, None, false)), "result=SUCCESS");
            assert_eq!((decline.as_str(), error.as_str()), ("result=CANCEL", "result=ERROR"));
        }
        "postbox_create" => {
            assert_eq!(added(link, &agreed(None, None, true)), format!("result=SUCCESS&{POSTBOX}"));
        }
        "consent_access_ongoing" => {
            let session = if version == "4.0.0" { "" } else { "&sessionKey=session-key-1" };
            let given = added(link, &agreed(Some("c"), Some(""), false));
            assert_eq!(given, format!("result=SUCCESS&code=c&state={session}"));
            let given = added(link, &agreed(Some("c"), None, false));
            assert_eq!(given, format!("result=SUCCESS&code=c{session}"));
            assert_eq!(error, "result=ERROR&message=The%20source%20could%20not%20be%20connected&state=s");
        }
        "postbox_create_ongoing" => {
            let given = added(link, &agreed(Some("c"), Some("a b"), true));
            assert_eq!(given, format!("result=SUCCESS&code=c&state=a%20b&{POSTBOX}"));
        }
        other => panic!("{version} has a link that this test does not know: {other}"),
    }
}

#[test]
fn every_link_of_the_original_node_clients_is_read_and_answered_in_its_own_words() {
    let vectors = vectors();
    let text = |name: &str| vectors["inputs"][name].as_str().unwrap().to_owned();
    let mut read = 0;
    for (version, links) in vectors["links"].as_object().unwrap() {
        for (name, link) in links.as_object().unwrap() {
            let link = link.as_str().unwrap();
            let at = format!("{version} {name}");
            let parsed = AppLink::parse(link);
            match name.as_str() {
                // From version 5 on users consent in the browser.
                "authorize" | "authorize_service" | "onboard" => {
                    assert_eq!(parsed, Err(AppLinkError::NoLink), "{at}");
                    continue;
                }
                "postbox_import" => assert_eq!(parsed, Ok(AppLink::Import), "{at}"),
                "receipt" => {
                    let (contract_id, application_id) = (text("contractId"), text("applicationId"));
                    assert_eq!(parsed, Ok(AppLink::Receipt(Receipt { contract_id, application_id })), "{at}");
                }
                "postbox_push_complete" => {
                    let Ok(AppLink::PushComplete(push)) = parsed else { panic!("{at}: {parsed:?}") };
                    assert_eq!(push.callback, text("callbackUrl"));
                    assert_eq!(
                        (push.session_key, push.postbox_id),
                        (text("sessionKey"), "postbox-1".to_owned())
                    );
                }
                _ => {
                    let link = consent(link);
                    let guest = name == "guest";
                    let session = match guest {
                        true => SessionName::ExchangeToken(text("sessionExchangeToken")),
                        false => SessionName::Key(text("sessionKey")),
                    };
                    assert_eq!(link.session, session, "{at}");
                    assert_eq!(link.callback(), Some(text("callbackUrl")), "{at}");
                    assert_eq!(link.application_id, (!guest).then(|| text("applicationId")), "{at}");
                    let postbox = name.starts_with("postbox");
                    assert_eq!(link.wanted == Wanted::Postbox, postbox, "{at}");
                    let code = name.ends_with("ongoing").then(|| text("preauthorizationCode"));
                    assert_eq!(link.preauthorization_code, code, "{at}");
                    assert_eq!(link.is_guest(), guest, "{at}");
                    check_answers(version, name, &link);
                }
            }
            read += 1;
        }
    }
    assert_eq!(read, 35, "links of the versions before 5");
}

#[test]
fn the_answer_to_a_push_that_is_complete_keeps_the_callback() {
    let push = |callback: &str| PushComplete {
        session_key: "k".to_owned(),
        postbox_id: "p".to_owned(),
        callback: callback.to_owned(),
    };
    assert_eq!(push("https://a.test/cb?x=1#z").answer(true), "https://a.test/cb?x=1&result=DATA_READY#z");
    assert_eq!(push("https://a.test/cb").answer(false), "https://a.test/cb?result=CANCELLED");
}

#[test]
fn the_guest_page_answers_android_in_the_first_words_for_ever() {
    for (link, success, decline) in [
        (
            "https://h/apps/quark/v1/direct-onboarding?sessionExchangeToken=t&callbackUrl=quark-callback%3A%2F%2F%3F",
            "quark-callback://?result=DATA_READY",
            "quark-callback://?result=CANCELLED",
        ),
        (
            "https://h/apps/quark/direct-onboarding?sessionKey=t&callbackUrl=quark-callback%3A%2F%2Fquark-return%2F",
            "quark-callback://quark-return/?result=DATA_READY",
            "quark-callback://quark-return/?result=CANCELLED",
        ),
        (
            "https://h/mock/apps/quark/v1/direct-onboarding?sessionKey=t&callbackUrl=digime-ca-app%3A%2F%2FguestConsent-return%2F",
            "digime-ca-app://guestConsent-return/?result=SUCCESS",
            "digime-ca-app://guestConsent-return/?result=CANCEL",
        ),
    ] {
        let link = consent(link);
        assert!(link.is_guest() && link.session.text() == "t");
        assert_eq!(location(&link, &agreed(None, None, false)), success);
        assert_eq!(location(&link, &failed(CallbackErrorCode::UserCancel)), decline);
        let error = location(&link, &failed(CallbackErrorCode::OnboardError));
        assert_eq!(
            error.contains("result=ERROR&reference=ref-1"),
            error.starts_with("digime-ca-"),
            "{error}"
        );
    }
}

#[test]
fn ios_3_and_4_are_answered_at_the_scheme_of_the_app() {
    let version = format!("&digiMeVersion={}", env!("CARGO_PKG_VERSION"));
    let common = "appName=My%20App&sdkVersion=3.3.0&sessionKey=session-key-1&appId=app-01";
    for (action, more, outcome, answer) in [
        ("data", "", agreed(None, None, false), "data?sessionKey=session-key-1&result=SUCCESS"),
        (
            "authorize",
            "&preAuthorizationCode=p",
            agreed(Some("c"), Some("s"), false),
            "authorize?sessionKey=session-key-1&result=SUCCESS&authorizationCode=c",
        ),
        (
            "postbox/create",
            "",
            agreed(None, None, true),
            &format!("postbox?sessionKey=session-key-1&result=SUCCESS&{POSTBOX}"),
        ),
        (
            "postbox/create",
            "&preAuthorizationCode=p",
            agreed(Some("c"), None, true),
            &format!("postbox?sessionKey=session-key-1&result=SUCCESS&authorizationCode=c&{POSTBOX}"),
        ),
        ("data", "", failed(CallbackErrorCode::UserCancel), "data?sessionKey=session-key-1&result=CANCEL"),
        (
            "data",
            "",
            failed(CallbackErrorCode::ServerError),
            "data?sessionKey=session-key-1&result=ERROR&reference=ref-1",
        ),
    ] {
        let link = consent(&format!("digime-ca-master://{action}?{common}{more}"));
        assert_eq!(location(&link, &outcome), format!("digime-ca-app-01://{answer}{version}"), "{action}");
        assert!(link.returns_to("digime-ca-app-01") && link.returns_to("digime-ca-app-01://auth"));
        assert!(!link.returns_to("digime-ca-app-011") && !link.returns_to("digime-ca-app-0"));
    }
}

#[test]
fn ios_2_is_answered_with_the_parameters_of_its_time() {
    let request = "CARequestSessionKey=session-key-1&CARequestRegisteredAppID=app-01";
    let data = consent(&format!("digime-ca-master://data?{request}&CASdkVersion=2.4.0"));
    let postbox = consent(&format!("digime-ca-master://postbox?{request}"));
    assert_eq!(
        location(&data, &agreed(None, None, false)),
        "digime-ca-app-01://data?CADigimeResponse=1&CARequestSessionKey=session-key-1"
    );
    for error in [CallbackErrorCode::UserCancel, CallbackErrorCode::ServerError] {
        let no = "digime-ca-app-01://data?CADigimeResponse=0&CARequestSessionKey=session-key-1";
        assert_eq!(location(&data, &failed(error)), no);
    }
    assert_eq!(
        location(&postbox, &agreed(None, None, true)),
        "digime-ca-app-01://postbox?CADigimeResponse=1&CARequestSessionKey=session-key-1\
         &CARequestPostboxId=postbox-1&CARequestPostboxPublicKey=-----BEGIN%0AA%2B%2F%3D%0A"
    );
}

#[test]
fn both_actions_of_both_android_generations_are_read_as_json_and_as_a_uri() {
    for (action, wanted, key, app) in [
        ("android.intent.action.DIGI_PERMISSION_REQUEST", Wanted::Data, "KEY_SESSION_TOKEN", "KEY_APP_ID"),
        (
            "android.intent.action.DIGI_POSTBOX_AUTH_REQUEST",
            Wanted::Postbox,
            "KEY_SESSION_TOKEN",
            "KEY_APP_ID",
        ),
        ("android.intent.action.me.digi.consent-access", Wanted::Data, "sessionKey", "appId"),
        ("android.intent.action.me.digi.postbox-create", Wanted::Postbox, "sessionKey", "appId"),
    ] {
        let intent = Intent::new(action).extra(key, "session-key-1").extra(app, "app-01");
        let link = AppLink::of_intent(&intent).unwrap();
        let uri = format!(
            "intent:#Intent;action={action};type=text/plain;package=me.digi.app3;\
             S.{key}=session-key-1;S.{app}=app-01;S.appName=My%20App%3B+1;i.flags=1;end"
        );
        assert_eq!(AppLink::parse(&uri), Ok(link.clone()));
        let AppLink::Consent(link) = link else { panic!("{action}") };
        assert_eq!(link.wanted, wanted);
        assert!(link.returns_to("digime-ca-app-01") && link.callback().is_none());
    }
    let receipt = "intent://receipt?contractid=c&appid=a#Intent;scheme=digime;end";
    let named = Receipt { contract_id: "c".to_owned(), application_id: "a".to_owned() };
    assert_eq!(AppLink::parse(receipt), Ok(AppLink::Receipt(named)));
}

#[test]
fn android_gets_extras_and_always_those_that_it_crashes_without() {
    let read = |action: &str| {
        let intent = Intent::new(format!("android.intent.action.me.digi.{action}"))
            .extra("sessionKey", "session-key-1")
            .extra("appId", "app-01")
            .extra("preauthorizationCode", "p");
        match AppLink::of_intent(&intent) {
            Ok(AppLink::Consent(link)) => link,
            other => panic!("{other:?}"),
        }
    };
    let (data, postbox) = (read("consent-access"), read("postbox-create"));
    let given = extras(&data, &agreed(Some("c"), Some("s"), false));
    assert_eq!(given.result_code, -1);
    assert_eq!(
        (given.extras["result"].as_str(), given.extras["authorizationCode"].as_str()),
        ("SUCCESS", "c")
    );
    assert!(!given.extras.contains_key("postbox_id") && given.extras.contains_key("digiMeVersion"));
    let given = extras(&postbox, &agreed(Some("c"), None, true));
    assert_eq!(given.extras["postbox_id"], "postbox-1");
    assert_eq!(given.extras["postbox_public_key"], "-----BEGIN\nA+/=\n");
    for (error, word, codes) in
        [(CallbackErrorCode::UserCancel, "CANCEL", 0), (CallbackErrorCode::OnboardError, "ERROR", 3)]
    {
        for link in [&data, &postbox] {
            let given = extras(link, &failed(error.clone()));
            assert_eq!((given.result_code, given.extras["result"].as_str()), (0, word));
            assert_eq!(given.extras.keys().filter(|name| name.starts_with("argon")).count(), codes);
            assert_eq!(given.extras["sessionKey"], "session-key-1");
        }
        let given = extras(&postbox, &failed(error));
        assert!(given.extras.contains_key("postbox_id") && given.extras.contains_key("postbox_public_key"));
    }
}

#[test]
fn a_link_that_cannot_be_read_is_refused_with_what_is_wrong() {
    let long = format!("digime://consent-access?sessionKey={}", "k".repeat(20_000));
    let intent = "intent:#Intent;action=android.intent.action.me.digi.consent-access;";
    for (link, says) in [
        ("", "no link of an app"),
        ("hello", "no link of an app"),
        ("mailto:a@b", "no link of an app"),
        ("https://api.example.test/apps/saas/authorize?code=c", "no link of an app"),
        ("digime:", "knows no \"\""),
        ("digime://", "knows no \"\""),
        ("digime://consent", "knows no \"consent\""),
        ("digime://postbox", "knows no \"postbox\""),
        ("digime://consent-access", "no sessionKey"),
        ("digime://consent-access?sessionKey=&appId=a&callbackUrl=a%3A", "no sessionKey"),
        ("digime://consent-access?sessionKey=s&callbackUrl=https%3A%2F%2Fa", "no appId"),
        ("digime://consent-access?sessionKey=s&appId=a", "no callbackUrl"),
        ("digime://consent-access?sessionKey=s&appId=a&callbackUrl=%2Frelative", "it has no scheme"),
        ("digime://consent-access?sessionKey=s&appId=a&callbackUrl=page%3Fx%3Da%3Ab", "it has no scheme"),
        ("digime://consent-access?sessionKey=s&appId=a&callbackUrl=a%3Ab%0D%0AX", "control characters"),
        ("digime://consent-access?sessionKey=s&appId=a&callbackUrl=a%3A&callbackURL=b%3A", "more than once"),
        (
            "digime://consent-access?sessionKey=s&sessionKey=t&appId=a&callbackUrl=a%3A",
            "sessionKey more than once",
        ),
        (
            "digime://consent-access?sessionKey=s&appId=a&callbackUrl=a%3A&resultVersion=3",
            "resultVersion is \"3\"",
        ),
        ("digime://postbox/push-complete?sessionKey=s&callbackURL=a%3A", "no postboxId"),
        ("digime://postbox/push-complete?sessionKey=s&postboxId=p", "no callbackURL"),
        ("digime://receipt", "no contractId"),
        ("digime://receipt?contractId=c", "no appId"),
        ("digime-ca-master://", "knows no \"\""),
        ("digime-ca-master://data?appId=a", "no sessionKey"),
        ("digime-ca-master://data?CARequestSessionKey=s", "no CARequestRegisteredAppID"),
        ("digime-ca-master://authorize?sessionKey=s&appId=a", "no preAuthorizationCode"),
        (
            "digime-ca-master://authorize?CARequestSessionKey=s&CARequestRegisteredAppID=a",
            "knows no \"authorize\"",
        ),
        ("digime-ca-master://data?sessionKey=s&appId=a%2F%2Fevil", "part of a URL scheme"),
        ("intent:", "no #Intent;"),
        ("intent:#Intent;S.sessionKey=s;end", "no action"),
        ("intent:#Intent;action=x", "no end"),
        ("intent:#Intent;action;end", "a field that has no value"),
        ("intent:#Intent;action=x;end", "knows no \"x\""),
        (&format!("{intent}end"), "no sessionKey"),
        (&format!("{intent}S.sessionKey=s;S.sessionKey=t;end"), "sessionKey more than once"),
        (&format!("{intent}S.sessionKey=s;end"), "no appId"),
        ("https://h/apps/quark/v1/direct-onboarding", "no sessionExchangeToken"),
        ("https://h/apps/quark/direct-onboarding?sessionKey=s", "no callbackUrl"),
        ("https://h/apps/quark/v2/direct-onboarding?sessionKey=s&callbackUrl=a%3A", "no link of an app"),
        (&long, "longer than"),
    ] {
        match AppLink::parse(link) {
            Err(error) => assert!(error.to_string().contains(says), "{link}: {error}"),
            Ok(read) => panic!("{link}: {read:?}"),
        }
    }
}

#[test]
fn no_text_makes_the_reader_panic_or_tell_a_secret() {
    let pieces =
        ["digime://", "consent-access", "intent:#Intent;", "?", "&", "=", "%", "%ff", "é", "#", ";end", ";"];
    for a in pieces {
        for b in pieces {
            for c in pieces {
                for d in pieces {
                    let _ = AppLink::parse(&format!("{a}{b}{c}{d}"));
                }
            }
        }
    }
    let error = AppLink::parse("digime://consent-access?sessionKey=s3cret&sessionKey=s3cret2").unwrap_err();
    assert!(!error.to_string().contains("s3cret"), "{error}");
}

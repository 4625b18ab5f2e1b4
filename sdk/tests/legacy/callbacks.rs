//! Callbacks in the words of each generation, and those that do not belong to a flow.

use digime::legacy::{Generation, LegacyClient, Outcome, PendingConsent};
use digime::{CallbackErrorCode, Client, ErrorKind};

use crate::server::{ALL, Legacy, established, legacy_contract, ok};
use crate::support::{SESSION, vector_text};

fn client(generation: Generation) -> LegacyClient {
    Client::builder("app").build().unwrap().legacy(generation)
}

/// A public key as a callback carries it.
fn public_key() -> String {
    let pem = vector_text("legacy/postbox-public-key.pem");
    url::form_urlencoded::byte_serialize(pem.as_bytes()).collect()
}

#[test]
fn one_off_consents_end_in_the_words_of_their_generation() {
    for generation in ALL.into_iter().filter(|generation| *generation < Generation::V1_6) {
        let client = client(generation);
        let first = generation < Generation::V1_4;
        let (yes, no) = if first { ("DATA_READY", "CANCELLED") } else { ("SUCCESS", "CANCEL") };
        let read = |result: &str| {
            client.consent_callback(&established(), &format!("https://app.example/cb?x=1&result={result}"))
        };
        assert_eq!(read(yes).unwrap(), Outcome::Approved(()));
        assert_eq!(read(no).unwrap(), Outcome::Cancelled);
        // Words of other generations, other cases and none at all mean nothing.
        let others = if first { ["SUCCESS", "CANCEL", "ERROR"] } else { ["DATA_READY", "CANCELLED", "OK"] };
        for other in others.into_iter().chain(["", "success", "POSTBOX_READY"]) {
            assert_eq!(read(other).unwrap_err().kind(), ErrorKind::Callback, "{generation} {other}");
        }
    }
}

#[test]
fn a_failure_tells_message_and_reference() {
    let callback = "digime-ca-app?result=ERROR&message=no%20luck%0Aat%20all&reference=ref-1";
    let outcome = client(Generation::V1_4).consent_callback(&established(), callback).unwrap();
    let Outcome::Failed(failure) = outcome.clone() else { panic!("{outcome:?}") };
    assert_eq!(failure.message.as_deref(), Some("no luck\nat all"));
    assert_eq!(failure.reference.as_deref(), Some("ref-1"));
    let error = outcome.approved().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConsentDenied);
    let text = error.to_string();
    assert!(text.contains(r"no luck\nat all") && text.contains("ref-1") && !text.contains('\n'), "{text}");
    let error = Outcome::<()>::Cancelled.approved().unwrap_err();
    assert_eq!(error.declined(), Some(&CallbackErrorCode::UserCancel));
}

#[test]
fn postboxes_come_with_a_key() {
    for (generation, yes) in [(Generation::V1_0, "POSTBOX_READY"), (Generation::V1_5, "SUCCESS")] {
        let client = client(generation);
        let read = |query: &str| client.postbox_callback(&established(), &format!("result={yes}&{query}"));
        let whole = format!("postboxId=pb-1&publicKey={}", public_key());
        let postbox = read(&whole).unwrap().approved().unwrap();
        assert_eq!(postbox.id(), "pb-1");
        assert_eq!(postbox.public_key(), vector_text("legacy/postbox-public-key.pem"));
        for broken in [
            "postboxId=pb-1".to_owned(),
            format!("publicKey={}", public_key()),
            format!("postboxId=&publicKey={}", public_key()),
            "postboxId=pb-1&publicKey=-----BEGIN RSA PUBLIC KEY-----".to_owned(),
            format!("postboxId=pb-1&postboxId=pb-2&publicKey={}", public_key()),
        ] {
            assert_eq!(read(&broken).unwrap_err().kind(), ErrorKind::Callback, "{broken}");
        }
    }
    let cancelled = client(Generation::V1_5).postbox_callback(&established(), "result=CANCEL").unwrap();
    assert_eq!(cancelled, Outcome::Cancelled);
}

#[test]
fn a_callback_that_names_another_session_is_refused() {
    let client = client(Generation::V1_4);
    let read =
        |key: &str| client.consent_callback(&established(), &format!("?result=SUCCESS&sessionKey={key}"));
    assert_eq!(read(SESSION).unwrap(), Outcome::Approved(()));
    assert_eq!(read("another").unwrap_err().kind(), ErrorKind::StateMismatch);
    assert_eq!(read("").unwrap_err().kind(), ErrorKind::StateMismatch);
}

#[test]
fn callbacks_are_read_whatever_their_url_looks_like() {
    let client = client(Generation::V1_4);
    for callback in [
        "https://app.example/cb?x=1&result=SUCCESS",
        "https://app.example/cb?result=SUCCESS#fragment",
        "/cb?result=SUCCESS",
        "?result=SUCCESS",
        "result=SUCCESS&note=why%3F",
        "quark-callback://?result=SUCCESS",
        "digime-ca-app?result=SUCCESS",
        "digime-ca-app://consent?result=SUCCESS",
    ] {
        assert_eq!(
            client.consent_callback(&established(), callback).unwrap(),
            Outcome::Approved(()),
            "{callback}"
        );
    }
    for callback in ["", "https://app.example/cb", "https://app.example/cb#result=SUCCESS"] {
        assert_eq!(
            client.consent_callback(&established(), callback).unwrap_err().kind(),
            ErrorKind::Callback
        );
    }
    let long = format!("?result=SUCCESS&x={}", "x".repeat(70_000));
    assert_eq!(client.consent_callback(&established(), &long).unwrap_err().kind(), ErrorKind::Callback);
}

#[test]
fn a_refusal_that_grants_something_is_refused() {
    for callback in ["result=CANCEL&code=c", "result=ERROR&postboxId=p", "result=SUCCESS&result=CANCEL"] {
        let error = client(Generation::V1_4).consent_callback(&established(), callback).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Callback, "{callback}");
    }
}

async fn pending(generation: Generation) -> PendingConsent {
    let legacy = Legacy::start(generation).await;
    legacy.preauthorize("preauth-1").await;
    let client = legacy.client();
    match generation {
        Generation::V1_6 => client.authorize(&legacy_contract(), Default::default()).await.unwrap(),
        _ => client.start_consent(&legacy_contract(), &established()).await.unwrap(),
    }
}

#[tokio::test]
async fn a_lasting_consent_needs_its_state() {
    for generation in [Generation::V1_4, Generation::V1_5, Generation::V1_6] {
        let pending = pending(generation).await;
        let stored = pending.to_stored();
        let state = stored.state.expose();
        let yes = if generation == Generation::V1_6 { "success=true" } else { "result=SUCCESS" };
        let grant =
            pending.callback(&format!("{yes}&code=code-1&state={state}")).unwrap().approved().unwrap();
        assert_eq!(grant.session.key.expose(), SESSION);
        for (callback, kind) in [
            (format!("{yes}&code=c"), ErrorKind::StateMismatch),
            (format!("{yes}&code=c&state="), ErrorKind::StateMismatch),
            (format!("{yes}&code=c&state={state}x"), ErrorKind::StateMismatch),
            (format!("{yes}&code=c&state={state}&state={state}"), ErrorKind::StateMismatch),
            ("code=c".to_owned(), ErrorKind::StateMismatch),
            (format!("{yes}&state={state}"), ErrorKind::Callback),
            (format!("{yes}&code=&state={state}"), ErrorKind::Callback),
            (format!("{yes}&code=c&code=d&state={state}"), ErrorKind::Callback),
            (format!("code=c&state={state}"), ErrorKind::Callback),
            (format!("{yes}&{yes}&code=c&state={state}"), ErrorKind::Callback),
            (format!("{yes}&code=c&state={state}&sessionKey=other"), ErrorKind::StateMismatch),
        ] {
            assert_eq!(pending.callback(&callback).unwrap_err().kind(), kind, "{generation} {callback}");
        }
    }
}

#[tokio::test]
async fn a_plain_refusal_need_not_name_its_state_but_not_another() {
    for (generation, no, failed) in [
        (Generation::V1_4, "result=CANCEL", "result=ERROR&message=m"),
        (Generation::V1_6, "success=false&errorCode=USER_CANCEL", "success=false&errorCode=ONBOARD_ERROR"),
    ] {
        let pending = pending(generation).await;
        assert!(matches!(pending.callback(no).unwrap(), Outcome::Cancelled));
        assert!(matches!(pending.callback(failed).unwrap(), Outcome::Failed(_)));
        let with = |state: &str| pending.callback(&format!("{no}&state={state}"));
        assert!(matches!(with(pending.to_stored().state.expose()).unwrap(), Outcome::Cancelled));
        assert_eq!(with("other").unwrap_err().kind(), ErrorKind::StateMismatch);
        let granting = format!("{no}&code=c&state={}", pending.to_stored().state.expose());
        assert_eq!(pending.callback(&granting).unwrap_err().kind(), ErrorKind::Callback);
    }
}

#[tokio::test]
async fn error_codes_of_the_pages_are_read() {
    let pending = pending(Generation::V1_6).await;
    for (query, expected) in [
        ("success=false&errorCode=SERVER_ERROR", CallbackErrorCode::ServerError),
        ("success=false&errorCode=NEW_ONE", CallbackErrorCode::Other("NEW_ONE".to_owned())),
        ("success=false", CallbackErrorCode::Unspecified),
    ] {
        let outcome = pending.callback(query).unwrap();
        let Outcome::Failed(failure) = outcome else { panic!("{outcome:?}") };
        assert_eq!(failure.error_code, expected);
    }
    for query in ["success=TRUE", "success=true&errorCode=X", "success=1", "result=SUCCESS"] {
        let callback = format!("{query}&state={}", pending.to_stored().state.expose());
        assert_eq!(pending.callback(&callback).unwrap_err().kind(), ErrorKind::Callback, "{query}");
    }
}

#[tokio::test]
async fn a_postbox_comes_with_a_lasting_consent() {
    for generation in [Generation::V1_5, Generation::V1_6] {
        let pending = pending(generation).await;
        let yes = if generation == Generation::V1_6 { "success=true" } else { "result=SUCCESS" };
        let state = pending.to_stored().state;
        let base = format!("{yes}&code=c&state={}", state.expose());
        let callback = format!("{base}&postboxId=pb-1&publicKey={}", public_key());
        let granted = pending.postbox_callback(&callback).unwrap().approved().unwrap();
        assert_eq!((granted.postbox.id(), granted.grant.session.key.expose()), ("pb-1", SESSION));
        assert_eq!(pending.postbox_callback(&base).unwrap_err().kind(), ErrorKind::Callback);
    }
}

#[tokio::test]
async fn a_connected_source_comes_back_without_state() {
    let legacy = Legacy::start(Generation::V1_6).await;
    let answer = serde_json::json!({
        "token": legacy.signed(&serde_json::json!({"reference_code": "ref-1"})),
        "session": {"key": SESSION, "expiry": 1},
    });
    legacy.post("oauth/token/reference", ok(answer)).await;
    let token = crate::support::token("at-1", "rt-1");
    let callback = "https://app.example/onboarded";
    let onboarding =
        legacy.client().onboard_service(&legacy_contract(), &token, callback, 19.into()).await.unwrap().value;
    assert_eq!(onboarding.callback("success=true").unwrap(), Outcome::Approved(()));
    assert_eq!(onboarding.callback("success=false&errorCode=USER_CANCEL").unwrap(), Outcome::Cancelled);
    assert_eq!(onboarding.callback("").unwrap_err().kind(), ErrorKind::Callback);
}

#[tokio::test]
async fn a_stored_consent_ends_with_its_own_contract_only() {
    let pending = pending(Generation::V1_4).await;
    let kept = serde_json::to_string(&pending.to_stored()).unwrap();
    let stored: digime::legacy::StoredConsent = serde_json::from_str(&kept).unwrap();
    assert_eq!(stored, pending.to_stored());
    let key = digime::PrivateKey::from_pem(&vector_text("contract-private.pem")).unwrap();
    let other = digime::Contract::new("another", key).unwrap();
    let other = digime::legacy::LegacyContract::new(other, "app://x").unwrap();
    let callback = format!("result=SUCCESS&code=c&state={}", stored.state.expose());
    assert_eq!(stored.clone().callback(&other, &callback).unwrap_err().kind(), ErrorKind::Config);
    assert!(matches!(stored.callback(&legacy_contract(), &callback).unwrap(), Outcome::Approved(_)));
}

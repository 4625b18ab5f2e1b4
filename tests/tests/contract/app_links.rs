//! Older generations ask for consent in the digi.me app on the user's phone, by links and intents.

use std::time::Duration;

use digime_mock_server::phone::{ConsentEnding, Intent, LinkProblem, PhoneScreen};
use digime_mock_server::{
    CallbackErrorCode, ConsentError, ContractKind, Fault, Hostile, Operation, SandboxHandle,
};
use digime_tests::raw_client::{VERIFIER, parameter};
use digime_tests::world::CALLBACK;
use digime_tests::{Answer, RawClient, World};
use reqwest::Method;
use rsa::RsaPublicKey;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use serde_json::{Value, json};

const APP_CALLBACK: &str = "http://127.0.0.1:9000/callback?tab=1";

/// An app of an older generation.
struct App {
    raw: RawClient,
    generation: &'static str,
    application: String,
    contract: String,
}

/// What `POST permission-access/session` answered.
struct Waiting {
    key: String,
    exchange_token: String,
}

impl App {
    fn new(world: &World, kind: ContractKind, generation: &'static str) -> Self {
        let credentials = world.credentials(kind);
        Self {
            raw: world.raw(kind),
            generation,
            application: credentials.application_id,
            contract: credentials.contract_id,
        }
    }

    fn path(&self, path: &str) -> String {
        format!("/{}/{path}", self.generation)
    }

    async fn session(&self) -> Waiting {
        let body = json!({ "appId": self.application, "contractId": self.contract });
        let path = self.path("permission-access/session");
        let opened = self.raw.send(Method::POST, &path, None, Some(body)).await.json();
        let text = |name: &str| opened[name].as_str().unwrap().to_owned();
        Waiting { key: text("sessionKey"), exchange_token: text("sessionExchangeToken") }
    }

    /// The link of this generation to a session, with another callback than the usual one.
    fn link(&self, action: &str, key: &str, callback: &str, more: &str) -> String {
        let callback = encoded(callback);
        let app = &self.application;
        match self.generation {
            "v1" | "v1.0" => {
                format!("digime://{action}?sessionKey={key}&callbackURL={callback}&appId={app}{more}")
            }
            "v1.4" => format!(
                "digime://{action}?{more}&callbackUrl={callback}&sessionKey={key}&appId={app}&resultVersion=2"
            ),
            _ => format!("digime://{action}?{more}&callbackUrl={callback}&sessionKey={key}&appId={app}"),
        }
    }

    async fn list(&self, key: &str) -> Answer {
        self.raw.send(Method::GET, &self.path(&format!("permission-access/query/{key}")), None, None).await
    }

    async fn signed(&self, path: &str, claims: Value) -> Answer {
        let mut claims = self.raw.claims(claims);
        claims["redirect_uri"] = json!(APP_CALLBACK);
        let jwt = self.raw.sign(&claims);
        self.raw.send(Method::POST, &self.path(path), Some(&jwt), None).await
    }

    async fn authorize(&self, state: Value) -> String {
        let mut claims = RawClient::authorize_claims();
        claims["state"] = state;
        let answer = self.signed("oauth/authorize", claims).await;
        answer.token()["preauthorization_code"].as_str().unwrap().to_owned()
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn problem(visit: Result<String, ConsentError>) -> LinkProblem {
    match visit {
        Err(ConsentError::Waiting(problem)) => problem,
        other => panic!("{other:?}"),
    }
}

fn shown(sandbox: &SandboxHandle, link: &str) -> PhoneScreen {
    match sandbox.phone(link).approve() {
        Ok(ConsentEnding::Shown(screen)) => screen,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_session_of_each_generation_reads_once_its_link_is_approved_and_not_before() {
    let world = World::new().await;
    for (generation, result) in
        [("v1", "DATA_READY"), ("v1.0", "DATA_READY"), ("v1.4", "SUCCESS"), ("v1.5", "SUCCESS")]
    {
        let app = App::new(&world, ContractKind::Read, generation);
        let session = app.session().await;
        assert_eq!(app.list(&session.key).await.error(), (404, "SessionInvalid".to_owned()));
        let link = app.link("consent-access", &session.key, APP_CALLBACK, "");
        let visit = world.sandbox.consent(&link).source(1).data_set("test").new_user();
        assert_eq!(visit.approve().unwrap(), format!("{APP_CALLBACK}&result={result}"), "{generation}");
        let list = app.list(&session.key).await.json();
        assert!(!list["fileList"].as_array().unwrap().is_empty(), "{generation}: {list}");
        assert_eq!(problem(world.sandbox.approve(&link)), LinkProblem::Answered);
    }
}

#[tokio::test]
async fn what_the_user_declines_stays_closed_and_is_answered_in_the_words_of_the_generation() {
    let world = World::new().await;
    for (generation, declined, failed) in
        [("v1.0", "CANCELLED", "CANCELLED"), ("v1.4", "CANCEL", "ERROR"), ("v1.5", "CANCEL", "ERROR")]
    {
        let app = App::new(&world, ContractKind::Read, generation);
        for (error, word) in
            [(CallbackErrorCode::UserCancel, declined), (CallbackErrorCode::ServerError, failed)]
        {
            let session = app.session().await;
            let link = app.link("consent-access", &session.key, CALLBACK, "");
            let location = world.sandbox.consent(&link).fail(error).unwrap();
            assert_eq!(location, format!("{CALLBACK}?result={word}"));
            assert_eq!(app.list(&session.key).await.error(), (404, "SessionInvalid".to_owned()));
            assert_eq!(problem(world.sandbox.approve(&link)), LinkProblem::Answered);
        }
        let session = app.session().await;
        let link = app.link("consent-access", &session.key, CALLBACK, "");
        let location = world.sandbox.consent(&link).source(999_999).approve().unwrap();
        assert_eq!(location, format!("{CALLBACK}?result={failed}"), "there is no such source");
    }
}

#[tokio::test]
async fn a_link_that_does_not_fit_to_what_waits_is_refused_with_the_reason() {
    let world = World::new().await;
    let (read, write) =
        (App::new(&world, ContractKind::Read, "v1.4"), App::new(&world, ContractKind::Write, "v1.4"));
    let session = read.session().await;
    let link = |action: &str, key: &str| read.link(action, key, CALLBACK, "");
    let stranger = link("consent-access", &session.key).replace(&read.application, "another-app");
    let OtherApp { named, owner } = other_app(problem(world.sandbox.approve(&stranger)));
    assert_eq!((named.as_str(), owner), ("another-app", read.application.clone()));
    assert_eq!(
        problem(world.sandbox.approve(&link("postbox/create", &session.key))),
        LinkProblem::Reads(read.contract.clone())
    );
    let pushing = write.session().await;
    assert_eq!(
        problem(world.sandbox.approve(&link("consent-access", &pushing.key))),
        LinkProblem::Writes(write.contract.clone())
    );
    for unknown in ["unknown", &format!("{}000000000000000000000000", world.sandbox.id())] {
        let link = link("consent-access", unknown);
        assert_eq!(problem(world.sandbox.approve(&link)), LinkProblem::UnknownSession);
    }
    let (_, of_browser) = read.raw.authorize().await;
    let link_to_it = link("consent-access", &of_browser);
    assert_eq!(problem(world.sandbox.approve(&link_to_it)), LinkProblem::NotForLinks);
    world.sandbox.clock().advance(Duration::from_secs(3600));
    let late = link("consent-access", &session.key);
    assert_eq!(problem(world.sandbox.approve(&late)), LinkProblem::Expired);
    let unread = world.sandbox.approve("digime://consent-access?sessionKey=s&appId=a");
    assert!(unread.unwrap_err().to_string().contains("no callbackUrl"));
}

struct OtherApp {
    named: String,
    owner: String,
}

fn other_app(problem: LinkProblem) -> OtherApp {
    match problem {
        LinkProblem::OtherApplication { named, owner } => OtherApp { named, owner },
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_ongoing_consent_gives_a_code_for_a_token_and_the_session_reads_with_or_without_a_trigger() {
    let world = World::new().await;
    for (generation, session_named) in [("v1.4", true), ("v1.5", false)] {
        for (state, echoed) in [(json!("s 1"), Some("s 1")), (json!(""), Some("")), (Value::Null, None)] {
            let app = App::new(&world, ContractKind::Read, generation);
            let session = app.session().await;
            let code = app.authorize(state).await;
            let more = format!("preauthorizationCode={code}");
            let elsewhere = app.link("consent-access", &session.key, CALLBACK, &more);
            assert_eq!(problem(world.sandbox.approve(&elsewhere)), LinkProblem::OtherCallback);
            let link = app.link("consent-access", &session.key, APP_CALLBACK, &more);
            let location = world.sandbox.approve(&link).unwrap();
            assert!(location.starts_with(&format!("{APP_CALLBACK}&result=SUCCESS&code=")), "{location}");
            assert_eq!(parameter(&location, "state").as_deref(), echoed);
            assert_eq!(parameter(&location, "sessionKey").is_some(), session_named);
            let claims = json!({
                "grant_type": "authorization_code",
                "code": parameter(&location, "code"),
                "code_verifier": VERIFIER,
            });
            let token = app.signed("oauth/token", claims).await.token();
            assert!(token["access_token"].is_string() && token["expires_on"].is_u64(), "{token}");
            assert_eq!(app.list(&session.key).await.status, 200, "it reads without a trigger");
            let claims = json!({ "access_token": token["access_token"], "session_key": session.key });
            assert_eq!(app.signed("permission-access/trigger", claims.clone()).await.status, 202);
            let later = app.session().await;
            let claims = json!({ "access_token": token["access_token"], "session_key": later.key });
            assert_eq!(app.signed("permission-access/trigger", claims).await.status, 202);
            assert_eq!(app.list(&later.key).await.status, 200, "later reads need no link");
        }
    }
}

#[tokio::test]
async fn a_code_is_good_for_one_link_of_its_contract() {
    let world = World::new().await;
    let app = App::new(&world, ContractKind::Read, "v1.5");
    let link = |key: &str, code: &str| {
        app.link("consent-access", key, APP_CALLBACK, &format!("preauthorizationCode={code}"))
    };
    let code = app.authorize(Value::Null).await;
    let session = app.session().await;
    assert_eq!(problem(world.sandbox.approve(&link(&session.key, "unknown"))), LinkProblem::UnknownCode);
    let raw = App::new(&world, ContractKind::ReadRaw, "v1.5");
    let of_other = raw.authorize(Value::Null).await;
    let mixed = link(&session.key, &of_other);
    assert_eq!(problem(world.sandbox.approve(&mixed)), LinkProblem::CodeOfAnotherContract);
    let (of_browser, _) = app.raw.authorize().await;
    assert_eq!(
        problem(world.sandbox.approve(&link(&session.key, &of_browser))),
        LinkProblem::CodeForTheBrowser
    );
    let failed =
        world.sandbox.consent(&link(&session.key, &code)).fail(CallbackErrorCode::ServerError).unwrap();
    assert_eq!(failed, format!("{APP_CALLBACK}&result=ERROR&message=The%20server%20failed"));
    let again = app.session().await;
    assert_eq!(problem(world.sandbox.approve(&link(&again.key, &code))), LinkProblem::CodeIsOver);
}

#[tokio::test]
async fn a_postbox_link_gives_the_postbox_and_its_key_in_the_form_that_clients_take() {
    let world = World::new().await;
    for (generation, word) in [("v1.0", "POSTBOX_READY"), ("v1.4", "SUCCESS"), ("v1.5", "SUCCESS")] {
        let app = App::new(&world, ContractKind::Write, generation);
        let session = app.session().await;
        let link = app.link("postbox/create", &session.key, CALLBACK, "");
        let location = world.sandbox.approve(&link).unwrap();
        assert_eq!(parameter(&location, "result").as_deref(), Some(word), "{location}");
        assert_eq!(parameter(&location, "postboxId").unwrap().len(), 32);
        let pem = parameter(&location, "publicKey").unwrap();
        assert!(pem.starts_with("-----BEGIN RSA PUBLIC KEY-----\n"), "{pem}");
        let key = RsaPublicKey::from_pkcs1_pem(&pem).unwrap();
        assert_eq!(rsa::traits::PublicKeyParts::size(&key), 256);
        assert!(!location.contains('\n') && !location.contains('+'), "{location}");
    }
    let app = App::new(&world, ContractKind::Write, "v1.5");
    let session = app.session().await;
    let code = app.authorize(json!("s")).await;
    let more = format!("preauthorizationCode={code}");
    let link = app.link("postbox/create", &session.key, APP_CALLBACK, &more);
    let location = world.sandbox.approve(&link).unwrap();
    for name in ["code", "state", "postboxId", "publicKey"] {
        assert!(parameter(&location, name).is_some(), "{name} is missing: {location}");
    }
}

#[tokio::test]
async fn the_phone_is_one_users_until_it_is_given_to_another() {
    let world = World::new().await;
    let app = App::new(&world, ContractKind::Read, "v1.5");
    let receipt = format!("digime://receipt?contractId={}&appId={}", app.contract, app.application);
    let consented = |screen: PhoneScreen| match screen {
        PhoneScreen::Receipt { consented, .. } => consented,
        other => panic!("{other:?}"),
    };
    assert!(!consented(shown(&world.sandbox, &receipt)));
    let mut reads = Vec::new();
    for new_user in [false, false, true] {
        let session = app.session().await;
        let link = app.link("consent-access", &session.key, CALLBACK, "");
        let visit = world.sandbox.consent(&link);
        if new_user { visit.new_user().approve() } else { visit.approve() }.unwrap();
        assert!(consented(shown(&world.sandbox, &receipt)));
        let list = app.list(&session.key).await.json();
        let accounts = list["status"]["details"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(accounts.len(), 1, "a second consent connects no second source");
        reads.push(accounts);
    }
    assert!(reads[0] == reads[1] && reads[1] != reads[2], "{reads:?}");
    world.sandbox.reset();
    assert!(!consented(shown(&world.sandbox, &receipt)));
}

#[tokio::test]
async fn links_without_a_callback_show_something() {
    let world = World::new().await;
    let app = App::new(&world, ContractKind::Read, "v1.0");
    let known = format!("digime://receipt?contractid={}&appid={}", app.contract, app.application);
    assert_eq!(
        shown(&world.sandbox, &known),
        PhoneScreen::Receipt {
            application_id: app.application.clone(),
            application_name: Some("Mock application".to_owned()),
            contract_id: app.contract.clone(),
            kind: Some(ContractKind::Read),
            consented: false,
        }
    );
    let PhoneScreen::Receipt { application_name, kind, .. } =
        shown(&world.sandbox, "digime://receipt?contractId=c&appId=a")
    else {
        panic!("no receipt")
    };
    assert_eq!((application_name, kind), (None, None));
    assert_eq!(shown(&world.sandbox, "digime://postbox/import"), PhoneScreen::Import { delivered: 0 });
    assert!(matches!(world.sandbox.approve("digime://postbox/import"), Err(ConsentError::NoCallback)));
}

#[tokio::test]
async fn a_push_that_is_complete_is_taken_in_and_called_back() {
    let world = World::new().await;
    let app = App::new(&world, ContractKind::Write, "v1.0");
    let session = app.session().await;
    let created = world.sandbox.approve(&app.link("postbox/create", &session.key, CALLBACK, "")).unwrap();
    let postbox = parameter(&created, "postboxId").unwrap();
    let link = |postbox: &str| {
        let callback = encoded(CALLBACK);
        let key = &session.key;
        format!("digime://postbox/push-complete?sessionKey={key}&postboxId={postbox}&callbackURL={callback}")
    };
    let pushed = world.sandbox.approve(&link(&postbox)).unwrap();
    assert_eq!(pushed, format!("{CALLBACK}?result=DATA_READY"));
    let declined = world.sandbox.consent(&link(&postbox)).decline().unwrap();
    assert_eq!(declined, format!("{CALLBACK}?result=CANCELLED"));
    assert_eq!(problem(world.sandbox.approve(&link("other"))), LinkProblem::UnknownPostbox);
}

#[tokio::test]
async fn phones_get_their_answers_at_their_scheme_or_as_extras() {
    let world = World::new().await;
    let (read, write) =
        (App::new(&world, ContractKind::Read, "v1.4"), App::new(&world, ContractKind::Write, "v1.4"));
    let app = &read.application;
    let session = read.session().await.key;
    let ios = format!("digime-ca-master://data?appName=A&sdkVersion=3&sessionKey={session}&appId={app}");
    let location = world.sandbox.approve(&ios).unwrap();
    assert!(
        location.starts_with(&format!(
            "digime-ca-{app}://data?sessionKey={session}&result=SUCCESS&digiMeVersion="
        ))
    );
    let session = write.session().await.key;
    let ios =
        format!("digime-ca-master://postbox?CARequestSessionKey={session}&CARequestRegisteredAppID={app}");
    let location = world.sandbox.approve(&ios).unwrap();
    assert!(
        location.starts_with(&format!(
            "digime-ca-{app}://postbox?CADigimeResponse=1&CARequestSessionKey={session}"
        ))
    );
    assert!(parameter(&location, "CARequestPostboxPublicKey").is_some());

    let intent = |action: &str, key: &str| {
        Intent::new(format!("android.intent.action.me.digi.{action}"))
            .extra("sessionKey", key)
            .extra("appId", app.as_str())
    };
    let session = write.session().await.key;
    let ending = world.sandbox.phone(intent("postbox-create", &session)).approve().unwrap();
    let ConsentEnding::Result(result) = ending else { panic!("{ending:?}") };
    assert_eq!((result.result_code, result.extras["result"].as_str()), (-1, "SUCCESS"));
    assert!(result.extras["postbox_public_key"].starts_with("-----BEGIN RSA PUBLIC KEY-----"));
    let session = read.session().await.key;
    let ending = world.sandbox.phone(intent("consent-access", &session)).decline().unwrap();
    let ConsentEnding::Result(result) = ending else { panic!("{ending:?}") };
    assert_eq!((result.result_code, result.extras["result"].as_str()), (0, "CANCEL"));

    let admin = async |body: Value| read.raw.send(Method::POST, "/__admin/consent", None, Some(body)).await;
    let session = read.session().await.key;
    let answer = admin(json!({ "intent": intent("consent-access", &session), "newUser": true })).await;
    assert_eq!(answer.json()["extras"]["sessionKey"], json!(session));
    let answer = admin(json!({ "intent": intent("consent-access", &session) })).await;
    assert_eq!(answer.error(), (404, "NotFound".to_owned()));
    let uri = format!("intent:#Intent;action=android.intent.action.me.digi.consent-access;S.appId={app};end");
    let answer = admin(json!({ "url": uri })).await;
    assert_eq!(answer.error(), (400, "ValidationErrors".to_owned()));
    let answer = admin(json!({ "url": "digime://postbox/import" })).await;
    assert_eq!(answer.json(), json!({ "shown": { "screen": "import", "delivered": 0 } }));
    let answer = admin(json!({})).await;
    assert_eq!(answer.error(), (400, "ValidationErrors".to_owned()));
}

#[tokio::test]
async fn an_ongoing_consent_of_a_phone_returns_to_the_scheme_of_its_app() {
    let world = World::new().await;
    let app = App::new(&world, ContractKind::Read, "v1.4");
    let authorize = async |redirect_uri: &str| {
        let mut claims = RawClient::authorize_claims();
        claims["redirect_uri"] = json!(redirect_uri);
        let jwt = app.raw.sign(&app.raw.claims(claims));
        let answer = app.raw.send(Method::POST, "/v1.4/oauth/authorize", Some(&jwt), None).await;
        answer.token()["preauthorization_code"].as_str().unwrap().to_owned()
    };
    let link = |key: &str, code: &str| {
        let id = &app.application;
        format!("digime-ca-master://authorize?sessionKey={key}&appId={id}&preAuthorizationCode={code}")
    };
    let session = app.session().await.key;
    let code = authorize("digime-ca-another-app").await;
    assert_eq!(problem(world.sandbox.approve(&link(&session, &code))), LinkProblem::OtherCallback);
    let code = authorize(&format!("digime-ca-{}", app.application)).await;
    let location = world.sandbox.approve(&link(&session, &code)).unwrap();
    assert!(location.starts_with(&format!("digime-ca-{}://authorize?", app.application)), "{location}");
    assert!(parameter(&location, "authorizationCode").is_some() && parameter(&location, "state").is_none());
}

#[tokio::test]
async fn a_changed_state_is_planted_on_the_phone_too() {
    let world = World::new().await;
    let app = App::new(&world, ContractKind::Read, "v1.5");
    world.sandbox.inject(Fault::on(Operation::PHONE_DECISION).hostile(Hostile::ChangedState).times(1));
    let session = app.session().await;
    let code = app.authorize(json!("mine")).await;
    let more = format!("preauthorizationCode={code}");
    let location =
        world.sandbox.approve(&app.link("consent-access", &session.key, APP_CALLBACK, &more)).unwrap();
    assert_ne!(parameter(&location, "state").as_deref(), Some("mine"), "{location}");
    assert!(parameter(&location, "code").is_some());
}

/// The guest page of a session, as the app builds its address.
fn guest(app: &App, page: &str, query: &str, callback: &str) -> String {
    format!("{}/apps/quark/{page}?{query}&callbackUrl={}", app.raw.origin, encoded(callback))
}

#[tokio::test]
async fn the_guest_page_consents_without_a_phone() {
    let world = World::new().await;
    let app = App::new(&world, ContractKind::Read, "v1.4");
    for (page, by_key, callback, agreed, declined) in [
        ("v1/direct-onboarding", false, CALLBACK, "http://127.0.0.1:9000/callback?result=SUCCESS", "CANCEL"),
        (
            "direct-onboarding",
            false,
            CALLBACK,
            "http://127.0.0.1:9000/callback?result=DATA_READY",
            "CANCELLED",
        ),
        (
            "direct-onboarding",
            true,
            CALLBACK,
            "http://127.0.0.1:9000/callback?result=DATA_READY",
            "CANCELLED",
        ),
        (
            "v1/direct-onboarding",
            false,
            "quark-callback://?",
            "quark-callback://?result=DATA_READY",
            "CANCELLED",
        ),
    ] {
        let session = app.session().await;
        let query = match by_key {
            true => format!("sessionKey={}", session.key),
            false => format!("sessionExchangeToken={}", session.exchange_token),
        };
        let url = guest(&app, page, &query, callback);
        let shown = app.raw.get(&url).await;
        assert_eq!(shown.status, 200, "{}", shown.text());
        for part in ["Mock guest page", "Mock application wants to read your data", "for=\"service\""] {
            assert!(shown.text().contains(part), "{part} is missing:\n{}", shown.text());
        }
        assert!(!shown.text().contains("newUser") && !shown.text().contains("<svg"), "a guest has no phone");
        let decided = app.raw.post_form(&url, "decision=approve&service=3&dataSet=default").await;
        assert_eq!((decided.status.as_u16(), decided.header("location")), (302, agreed));
        assert_eq!(app.list(&session.key).await.status, 200);
        let again = app.raw.post_form(&url, "decision=approve").await;
        assert_eq!((again.status.as_u16(), again.header("location")), (404, ""));

        let session = app.session().await;
        let url = guest(&app, page, &format!("sessionExchangeToken={}", session.exchange_token), callback);
        let refused = app.raw.post_form(&url, "decision=decline").await;
        assert_eq!(refused.location_parameter("result").as_deref(), Some(declined));
        let unclear = app.raw.post_form(&url, "decision=perhaps").await;
        assert_eq!(unclear.error(), (400, "ValidationErrors".to_owned()));
    }
    // Guests are users of their own: the phone has none yet.
    let receipt = format!("digime://receipt?contractId={}&appId={}", app.contract, app.application);
    let PhoneScreen::Receipt { consented, .. } = shown(&world.sandbox, &receipt) else {
        panic!("no receipt")
    };
    assert!(!consented);
}

#[tokio::test]
async fn no_page_sends_a_browser_to_a_callback_that_is_not_registered() {
    let world = World::new().await;
    let app = App::new(&world, ContractKind::Read, "v1.4");
    for (callback, linked) in [
        ("https://evil.example/steal?x=1#f", true),
        ("https://evil.example/\"><script>alert(1)</script>", true),
        ("javascript:alert(1)//", false),
        ("JavaScript:alert(1)", false),
        ("data:text/html,<script>alert(1)</script>", false),
        ("http://127.0.0.1:9000@evil.example/", true),
    ] {
        for phone in [false, true] {
            let session = app.session().await;
            let url = match phone {
                false => {
                    let query = format!("sessionExchangeToken={}", session.exchange_token);
                    guest(&app, "v1/direct-onboarding", &query, callback)
                }
                true => {
                    let link = app.link("consent-access", &session.key, callback, "");
                    format!("{}/apps/phone?link={}", app.raw.origin, encoded(&link))
                }
            };
            let asked = app.raw.get(&url).await;
            assert_eq!(asked.status, 200, "{callback}: {}", asked.text());
            assert!(!asked.text().contains("<script>"), "{}", asked.text());
            let decided = app.raw.post_form(&url, "decision=approve").await;
            assert_eq!((decided.status.as_u16(), decided.header("location")), (200, ""), "{callback}");
            let page = decided.text();
            assert!(page.contains("is not registered") && !page.contains("<script>"), "{page}");
            assert_eq!(page.contains("<a href="), linked, "{page}");
            assert!(decided.header("content-security-policy").contains("default-src 'none'"));
            assert!(decided.header("x-frame-options") == "DENY");
        }
    }
}

#[tokio::test]
async fn the_phones_page_takes_a_link_asks_and_goes_back_to_the_app() {
    let world = World::new().await;
    let app = App::new(&world, ContractKind::Read, "v1.4");
    let page = format!("{}/apps/phone", app.raw.origin);
    let empty = app.raw.get(&page).await.text();
    assert!(empty.contains("for=\"link\"") && !empty.contains("<script>"), "{empty}");
    let session = app.session().await;
    let code = app.authorize(json!("s")).await;
    let more = format!("preauthorizationCode={code}");
    let link = app.link("consent-access", &session.key, APP_CALLBACK, &more);
    let url = format!("{page}?link={}", encoded(&link));
    let asked = app.raw.get(&url).await.text();
    for part in ["Mock phone", "wants to read your data", "Until you withdraw it", "QR code of this page"] {
        assert!(asked.contains(part), "{part} is missing:\n{asked}");
    }
    let decided = app.raw.post_form(&url, "decision=approve&service=3&dataSet=default").await;
    assert_eq!(decided.status, 302, "{}", decided.text());
    assert_eq!(decided.location_parameter("state").as_deref(), Some("s"));
    assert_eq!(app.list(&session.key).await.status, 200);
    let next = app.session().await;
    let link = app.link("consent-access", &next.key, APP_CALLBACK, "");
    let asked = app.raw.get(&format!("{page}?link={}", encoded(&link))).await.text();
    assert!(
        asked.contains("name=\"newUser\"") && asked.contains("<option value=\"\" selected>None"),
        "{asked}"
    );
    for operation in [Operation::PHONE_PAGE, Operation::PHONE_DECISION] {
        assert!(!world.sandbox.requests().of(operation).list().is_empty(), "{operation} of another sandbox");
    }
    let journal = serde_json::to_string(&world.sandbox.requests().list()).unwrap();
    assert!(!journal.contains(&code) && !journal.contains(&encoded(&link)), "links hold secrets");
}

#[tokio::test]
async fn the_phones_page_shows_what_calls_nobody_back_and_says_what_is_wrong() {
    let world = World::new().await;
    let app = App::new(&world, ContractKind::Read, "v1.4");
    let open = |link: &str| format!("{}/apps/phone?link={}", app.raw.origin, encoded(link));
    let receipt = format!("digime://receipt?contractId={}&appId={}", app.contract, app.application);
    let page = app.raw.get(&open(&receipt)).await.text();
    assert!(page.contains("Mock application") && page.contains("Not given on this phone"), "{page}");
    let page = app.raw.get(&open("digime://receipt?contractId=%3Cb%3E&appId=a")).await.text();
    assert!(page.contains("knows no such contract") && !page.contains("<b>"), "{page}");
    let import = format!("{}&sandbox={}", open("digime://postbox/import"), world.sandbox.id());
    assert!(app.raw.get(&import).await.text().contains("has no user yet"));
    assert!(app.raw.post_form(&import, "decision=approve").await.text().contains("Nothing was waiting"));
    assert!(app.raw.post_form(&open(&receipt), "decision=approve").await.text().contains("Receipt"));
    let session = app.session().await;
    let intent = format!(
        "intent:#Intent;action=android.intent.action.me.digi.consent-access;S.sessionKey={};S.appId={};end",
        session.key, app.application
    );
    assert!(app.raw.post_form(&open(&intent), "decision=approve").await.text().contains("SUCCESS"));
    let nowhere = open("digime://postbox/import") + "&sandbox=nowhere0";
    for (url, status, says) in [
        (open("hello"), 422, "no link of an app"),
        (open("digime://consent-access?sessionKey=s&appId=a"), 422, "no callbackUrl"),
        (open(&app.link("consent-access", "unknown", CALLBACK, "")), 404, "no such session"),
        (open(&app.link("consent-access", &session.key, CALLBACK, "")), 404, "answered before"),
        (
            open("digime://postbox/push-complete?sessionKey=s&postboxId=p&callbackURL=a%3A"),
            404,
            "no such session",
        ),
        (nowhere, 404, "no sandbox nowhere0"),
    ] {
        for post in [false, true] {
            let answer = match post {
                true => app.raw.post_form(&url, "decision=approve").await,
                false => app.raw.get(&url).await,
            };
            assert_eq!(answer.status, status, "{url}: {}", answer.text());
            assert!(answer.text().contains(says), "{url}: {}", answer.text());
            assert_eq!(answer.header("location"), "");
        }
    }
    let guest = format!("{}/apps/quark/v1/direct-onboarding?sessionKey=x", app.raw.origin);
    for answer in [app.raw.get(&guest).await, app.raw.post_form(&guest, "decision=approve").await] {
        assert_eq!(answer.status, 422, "{}", answer.text());
    }
    let unclear = app.raw.post_form(&open(&receipt), "decision=perhaps").await;
    assert_eq!(unclear.error(), (400, "ValidationErrors".to_owned()));
}

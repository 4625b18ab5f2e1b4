//! No secret in any `Debug` or `Display` of this module.

use std::collections::BTreeSet;
use std::fmt::Debug;

use digime::legacy::*;
use digime::{Error, PushMetadata, ReadAllOptions, SourceId};
use serde_json::json;
use wiremock::{Request, ResponseTemplate};

use crate::server::{Legacy, ok};
use crate::support::{contract, token, vector_text};

/// What has been shown, by type.
#[derive(Default)]
struct Shown(BTreeSet<String>);

impl Shown {
    fn debug<T: Debug>(&mut self, value: &T) -> &mut Self {
        check(&format!("{value:?} {value:#?}"));
        let name = std::any::type_name::<T>().split('<').next().unwrap().rsplit("::").next().unwrap();
        self.0.insert(name.to_owned());
        self
    }

    fn error(&mut self, error: &Error) {
        check(&error.to_string());
        self.debug(error);
    }
}

fn check(text: &str) {
    assert!(!text.contains("hush"), "{text}");
    for line in vector_text("legacy/postbox-public-key.pem").lines() {
        assert!(!text.contains(line), "{text}");
    }
}

fn session() -> LegacySession {
    serde_json::from_value(json!({
        "sessionKey": "hush-session", "sessionExchangeToken": "hush-exchange", "expiry": 1,
    }))
    .unwrap()
}

/// Repeats in its error what it was sent.
fn echo(request: &Request) -> ResponseTemplate {
    let mut heard: Vec<String> = vec![request.url.path().to_owned()];
    heard.extend(request.headers.get("sessionkey").map(|value| value.to_str().unwrap().to_owned()));
    if request.headers.contains_key("authorization") {
        heard.push(crate::support::claims(request).to_string());
    }
    let error = json!({"code": heard.join(" "), "message": heard.join(" "), "reference": heard.join(" ")});
    ResponseTemplate::new(400).set_body_json(json!({"error": error}))
}

async fn show_flows(shown: &mut Shown) {
    let contract_with_redirect =
        LegacyContract::new(contract(), "https://app.example/cb?flow=hush-flow").unwrap();
    shown.debug(&contract_with_redirect);
    for generation in [Generation::V1_5, Generation::V1_6] {
        let legacy = Legacy::start(generation).await;
        let reference = json!({
            "token": legacy.signed(&json!({"reference_code": "hush-code"})),
            "session": {"key": "hush-session", "expiry": 1},
        });
        legacy.post("oauth/token/reference", ok(reference.clone())).await;
        legacy.post("oauth/authorize", ok(reference)).await;
        legacy.issue("hush-access", "hush-refresh").await;
        let client = legacy.client();
        shown.debug(&client).debug(&client.generation());
        let pending = match generation {
            Generation::V1_6 => {
                let options = AuthorizeRequest::new()
                    .user_access_token(token("hush-at", "hush-rt"))
                    .failure_callback("https://app.example/cb?flow=hush-flow");
                shown.debug(&options);
                client.authorize(&contract_with_redirect, options).await.unwrap()
            }
            _ => client.start_consent(&contract_with_redirect, &session()).await.unwrap(),
        };
        let stored = pending.to_stored();
        shown.debug(&pending).debug(&stored).debug(&pending.link);
        let public_key: String =
            url::form_urlencoded::byte_serialize(vector_text("legacy/postbox-public-key.pem").as_bytes())
                .collect();
        let yes = if generation == Generation::V1_6 { "success=true" } else { "result=SUCCESS" };
        let callback = format!(
            "{yes}&code=hush-code&state={}&postboxId=pb-1&publicKey={public_key}",
            stored.state.expose()
        );
        let state = stored.state.expose().to_owned();
        let outcome = pending.postbox_callback(&callback).unwrap();
        shown.debug(&outcome);
        let granted = outcome.approved().unwrap();
        assert!(!format!("{granted:?}").contains(&state));
        shown.debug(&granted).debug(&granted.grant).debug(&granted.postbox);
        shown.debug(&client.exchange(granted.grant).await.unwrap());
        shown.error(&pending.callback(&callback.replace(&state, "hush-other")).unwrap_err());
    }
    let legacy = Legacy::start(Generation::V1_6).await;
    let reference = json!({
        "token": legacy.signed(&json!({"reference_code": "hush-code"})),
        "session": {"key": "hush-session", "expiry": 1},
    });
    legacy.post("oauth/token/reference", ok(reference)).await;
    let pair = token("hush-access", "hush-refresh");
    let callback = "https://app.example/cb";
    let onboarding =
        legacy.client().onboard_service(&contract_with_redirect, &pair, callback, SourceId(1)).await.unwrap();
    shown.debug(&onboarding).debug(&onboarding.value);
}

async fn show_links_and_errors(shown: &mut Shown) {
    let legacy = Legacy::start(Generation::V1_4).await;
    legacy.server.mock.register(wiremock::Mock::given(wiremock::matchers::any()).respond_with(echo)).await;
    let client = legacy.client();
    let session = session();
    let callback = "https://app.example/cb?flow=hush-flow";
    shown.debug(&session).debug(&session.session_exchange_token).debug(&SessionRequest::new());
    for link in [
        client.consent_link(&session, callback),
        client.guest_link(&session, callback),
        client.postbox_link(&session, callback),
    ] {
        let link = link.unwrap();
        assert!(link.as_str().contains("hush"));
        shown.debug(&link);
    }
    let files = client.session_files(&contract(), &session.session_key);
    shown.debug(&files).debug(&files.read_all(ReadAllOptions::new()));
    shown.error(&files.list().await.unwrap_err());
    shown.error(&files.read(&"f.json".into()).await.unwrap_err());
    shown.error(&files.accounts().await.unwrap_err());
    let postbox = Postbox::new("pb-1", &vector_text("legacy/postbox-public-key.pem")).unwrap();
    let file = || PostboxFile::new("f.json", PushMetadata::new("a/b"), "hush-content");
    shown.debug(&file()).debug(&postbox);
    let error = client.push_to_postbox(&postbox, &session.session_key, file()).await.unwrap_err();
    shown.error(&error);
    let pair = token("hush-access", "hush-refresh");
    shown.debug(&PostboxAccess::SessionAndToken(&session.session_key, &pair));
    let signing = LegacyContract::new(contract(), "app://x").unwrap();
    shown.error(&client.prepare_files(&signing, &pair, &session.session_key).await.unwrap_err());
    shown.error(&client.refresh(&signing, &pair).await.unwrap_err());
    let exchanged = client.exchange_code(&signing, &"hush-code".into(), Some(&"hush-verifier".into())).await;
    shown.error(&exchanged.unwrap_err());
    let receipt = json!({"status": "pending", "session": {"key": "hush-session", "expiry": 1}});
    shown.debug(&serde_json::from_value::<PostboxReceipt>(receipt).unwrap());
    shown.debug(&PushStatus::Pending).debug(&"v2".parse::<Generation>().unwrap_err());
    let accounts = json!({"accounts": [{"id": "1", "service": {"name": "n"}}]});
    let accounts: LegacyAccounts = serde_json::from_value(accounts).unwrap();
    shown.debug(&accounts).debug(&accounts.accounts[0]).debug(&accounts.accounts[0].service.clone().unwrap());
    let failed = client.consent_callback(&session, "?result=ERROR&message=m").unwrap();
    let Outcome::Failed(failure) = failed else { panic!("{failed:?}") };
    shown.debug(&failure);
}

/// The names that the module exports.
fn exported() -> BTreeSet<String> {
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/legacy/mod.rs")).unwrap();
    let uses = source.split("\npub use ").skip(1).map(|item| item.split(';').next().unwrap().to_owned());
    uses.flat_map(|item| {
        let names = item.rsplit_once("::").unwrap().1.trim_matches(['{', '}']).to_owned();
        names
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect::<Vec<_>>()
    })
    .collect()
}

#[tokio::test]
async fn no_type_shows_a_secret() {
    let mut shown = Shown::default();
    show_flows(&mut shown).await;
    show_links_and_errors(&mut shown).await;
    let missing: Vec<_> = exported().into_iter().filter(|name| !shown.0.contains(name)).collect();
    assert_eq!(missing, Vec::<String>::new(), "exported, but not shown here");
}

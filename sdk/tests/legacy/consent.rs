//! Lasting consent from its start to its tokens.

use digime::legacy::{AuthorizeRequest, Generation, SessionRequest};
use digime::{CodeVerifier, ErrorKind, ReadAllOptions, Scope, TimeRange};
use serde_json::json;

use crate::independent::{api_claims, body, header};
use crate::server::{EXPIRY, Legacy, REDIRECT, established, file, legacy_contract, ok};
use crate::support::{SESSION, contract, list, token};

#[tokio::test]
async fn a_consent_by_link_ends_in_tokens() {
    for generation in [Generation::V1_4, Generation::V1_5] {
        let legacy = Legacy::start(generation).await;
        legacy.preauthorize("preauth-1").await;
        legacy.issue("at-1", "rt-1").await;
        let client = legacy.client();
        let pending = client.start_consent(&legacy_contract(), &established()).await.unwrap();
        let stored = pending.to_stored();
        let started = legacy.asked("oauth/authorize").await.remove(0);
        assert!(started.body.is_empty());
        assert_eq!((header(&started, "content-length"), header(&started, "content-type")), (Some("0"), None));
        assert_eq!(
            api_claims(&started),
            json!({
                "code_challenge": stored.code_verifier.challenge(), "code_challenge_method": "S256",
                "redirect_uri": REDIRECT, "response_mode": "query", "response_type": "code",
                "state": stored.state.expose(),
            })
        );
        let callback = format!("{REDIRECT}&result=SUCCESS&code=code-1&state={}", stored.state.expose());
        let grant = pending.callback(&callback).unwrap().approved().unwrap();
        let pair = client.exchange(grant).await.unwrap();
        assert_eq!(pair.access_token.value.expose(), "at-1");
        assert_eq!((pair.access_token.expiry, pair.refresh_token.expiry), (1_615_032_000, 0));
        let exchanged = legacy.asked("oauth/token").await.remove(0);
        assert_eq!(
            api_claims(&exchanged),
            json!({
                "code": "code-1", "code_verifier": stored.code_verifier.expose(),
                "grant_type": "authorization_code", "redirect_uri": REDIRECT,
            })
        );
    }
}

#[tokio::test]
async fn a_consent_on_pages_gives_session_and_tokens() {
    let legacy = Legacy::start(Generation::V1_6).await;
    legacy.preauthorize("preauth-1").await;
    legacy.issue("at-1", "rt-1").await;
    legacy.list(ok(list("completed", &[("f.json", 1)]))).await;
    legacy.file("f.json", file(Generation::V1_6, b"[1]", None)).await;
    let client = legacy.client();
    let options = AuthorizeRequest::new()
        .user_access_token(token("at-0", "rt-0"))
        .session(SessionRequest::new().scope(Scope::new().time_range(TimeRange::last_days(3))));
    let pending = client.authorize(&legacy_contract(), options).await.unwrap();
    assert_eq!((pending.session.key.expose(), pending.session.expiry), (SESSION, EXPIRY));
    let started = legacy.asked("oauth/authorize").await.remove(0);
    assert_eq!(api_claims(&started)["access_token"], "at-0");
    assert_eq!(api_claims(&started)["redirect_uri"], REDIRECT);
    let pull = json!({"scope": {"timeRanges": [{"last": "3d"}]}, "accept": {"compression": "gzip"}});
    assert_eq!(body(&started)["actions"], json!({"pull": pull}));
    assert_eq!(body(&started)["agent"]["sdk"]["name"], "rust");
    let link = pending.link.clone().into_url();
    assert_eq!(link.path(), "/apps/saas/authorize");
    assert_eq!(link.query_pairs().next().unwrap().1, "preauth-1");

    let state = pending.to_stored().state;
    let callback = format!("{REDIRECT}&success=true&code=code-1&state={}", state.expose());
    let grant = pending.callback(&callback).unwrap().approved().unwrap();
    // The session is read before there is a token, and without one.
    let files = client.session_files(&contract(), &grant.session.key);
    let all = files.read_all(ReadAllOptions::new()).collect_all().await.unwrap();
    assert_eq!(all.files[0].bytes(), "[1]");
    let asked = legacy.asked(&format!("permission-access/query/{SESSION}")).await;
    assert!(!asked[0].headers.contains_key("authorization"));
    let pair = client.exchange(grant).await.unwrap();
    assert_eq!(pair.refresh_token.expiry, 1_617_537_600);
    assert_eq!(pair.user.unwrap().id.unwrap(), "user-0001");
    assert_eq!(pair.consent_id.as_deref(), Some("consent-0001"));
}

#[tokio::test]
async fn a_preauthorization_that_nobody_vouches_for_is_refused() {
    let legacy = Legacy::start(Generation::V1_5).await;
    let genuine = legacy.signed(&json!({"preauthorization_code": "p"}));
    let forged = format!("{}AAAA", &genuine[..genuine.len() - 4]);
    legacy.post("oauth/authorize", ok(json!({"token": forged}))).await;
    let error = legacy.client().start_consent(&legacy_contract(), &established()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenRejected);

    // Nor is a key set of another origin asked.
    let other = Legacy::start(Generation::V1_5).await;
    let foreign = other.signed(&json!({"preauthorization_code": "p"}));
    legacy.server.mock.reset().await;
    legacy.post("oauth/authorize", ok(json!({"token": foreign}))).await;
    let error = legacy.client().start_consent(&legacy_contract(), &established()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenRejected);
    assert!(other.asked("jwks/oauth").await.is_empty());

    legacy.server.mock.reset().await;
    legacy
        .get(
            "jwks/oauth",
            wiremock::ResponseTemplate::new(200).set_body_bytes(crate::support::vector("jwks.json")),
        )
        .await;
    legacy.preauthorize("").await;
    let error = legacy.client().start_consent(&legacy_contract(), &established()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "an empty code");
}

#[tokio::test]
async fn key_sets_of_the_generation_of_today_and_of_the_origin_are_trusted() {
    for path in ["/v1.5/jwks/oauth", "/v1.7/jwks/oauth", "/jwks/oauth"] {
        let legacy = Legacy::start(Generation::V1_5).await;
        let keys = crate::support::vector("jwks.json");
        legacy.server.get(path, wiremock::ResponseTemplate::new(200).set_body_bytes(keys)).await;
        let jku = format!("{}{path}", legacy.server.origin());
        let token = crate::support::sign(&jku, &json!({"preauthorization_code": "p"}));
        legacy.post("oauth/authorize", ok(json!({"token": token}))).await;
        legacy.client().start_consent(&legacy_contract(), &established()).await.map(drop).unwrap();
    }
    // The modern client does not trust what it does not speak.
    let legacy = Legacy::start(Generation::V1_5).await;
    let token = legacy.signed(&json!({"preauthorization_code": "p"}));
    let answer = json!({"token": token, "session": {"key": "k", "expiry": 1}});
    legacy.server.post("/v1.7/oauth/authorize", ok(answer)).await;
    let options = digime::AuthorizeOptions::new("https://app.example/cb");
    let error = legacy.server.client().authorize_url(&contract(), options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenRejected);
}

#[tokio::test]
async fn a_generation_refuses_consents_it_does_not_have() {
    for generation in crate::server::ALL {
        let legacy = Legacy::start(generation).await;
        legacy.preauthorize("p").await;
        let client = legacy.client();
        let contract = legacy_contract();
        for (started, has) in [
            (
                client.start_consent(&contract, &established()).await.map(drop),
                matches!(generation, Generation::V1_4 | Generation::V1_5),
            ),
            (client.start_postbox(&contract, &established()).await.map(drop), generation == Generation::V1_5),
            (
                client.authorize(&contract, AuthorizeRequest::new()).await.map(drop),
                generation == Generation::V1_6,
            ),
        ] {
            match started {
                Ok(()) => assert!(has, "{generation}"),
                Err(error) => assert!(!has && error.kind() == ErrorKind::Config, "{generation}: {error}"),
            }
        }
    }
    let verifier = CodeVerifier::new("v");
    let client = digime::Client::builder("app").build().unwrap().legacy(Generation::V1_3);
    let error = client.exchange_code(&legacy_contract(), &"c".into(), Some(&verifier)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

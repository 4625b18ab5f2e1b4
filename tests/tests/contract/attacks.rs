//! Requests that the platform refuses, each with its own code.

use digime::{Contract, ErrorKind, PrivateKey};
use digime_fixtures::keys;
use digime_mock_server::ContractKind;
use digime_tests::World;
use digime_tests::raw_client::{RawClient, nonce};
use digime_tests::world::CALLBACK;
use jsonwebtoken::Algorithm;
use reqwest::Method;
use serde_json::{Value, json};

async fn authorize_with(raw: &RawClient, claims: Value) -> (u16, String) {
    let mut all = RawClient::authorize_claims();
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    raw.call(Method::POST, "oauth/authorize", all).await.error()
}

async fn code(raw: &RawClient) -> String {
    let (code, _) = raw.authorize().await;
    let page = raw.page(&code, "&service=1&sampleDataSet=default&sampleDataAutoOnboard=true");
    raw.get(&page).await.location_parameter("code").unwrap()
}

#[tokio::test]
async fn a_code_works_once() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let code = code(&raw).await;
    assert_eq!(raw.exchange(&code).await.status, 200);
    assert_eq!(raw.exchange(&code).await.error(), (400, "InvalidGrant".to_owned()));
}

#[tokio::test]
async fn a_code_expires() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let code = code(&raw).await;
    world.sandbox.clock().advance(std::time::Duration::from_secs(10 * 60 + 1));
    assert_eq!(raw.exchange(&code).await.error(), (400, "InvalidGrant".to_owned()));
}

#[tokio::test]
async fn a_code_is_worthless_without_its_verifier_and_stays_good_for_who_has_it() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let code = code(&raw).await;
    for verifier in [json!("A".repeat(43)), json!(""), json!(null), json!(7)] {
        let claims = json!({"grant_type": "authorization_code", "code": code, "code_verifier": verifier});
        let (status, _) = raw.call(Method::POST, "oauth/token", claims).await.error();
        assert_eq!(status, 400, "{verifier}");
    }
    assert_eq!(raw.exchange(&code).await.status, 200);
}

#[tokio::test]
async fn a_code_belongs_to_its_contract() {
    let world = World::new().await;
    let code = code(&world.raw(ContractKind::Read)).await;
    let thief = world.raw(ContractKind::ReadRaw);
    assert_eq!(thief.exchange(&code).await.error(), (400, "InvalidGrant".to_owned()));
}

#[tokio::test]
async fn a_key_that_is_not_the_contracts_is_refused() {
    let world = World::new().await;
    let credentials = world.credentials(ContractKind::Read);
    let key = PrivateKey::from_pem(keys::OTHER.private_pem).unwrap();
    let contract = Contract::new(credentials.contract_id, key).unwrap();
    let error = world.client().authorize_url(&contract, World::sample("default")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    assert_eq!((error.status(), error.api().unwrap().code.as_str()), (Some(401), "InvalidJWT"));
    let reference = error.api().unwrap().reference.clone().unwrap();
    let trace = world.sandbox.explain(&reference).unwrap();
    assert!(trace.contains("signature"), "{trace}");
}

#[tokio::test]
async fn an_unknown_contract_is_refused() {
    let world = World::new().await;
    let mut stranger = world.raw(ContractKind::Read);
    stranger.client_id = "nobody_nothing".to_owned();
    assert_eq!(authorize_with(&stranger, json!({})).await, (403, "InvalidClient".to_owned()));
}

#[tokio::test]
async fn only_registered_callbacks_are_accepted() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    for uri in [
        "https://evil.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1@evil.example/callback",
        "http://localhost.evil.example:9000/",
        "javascript:alert(1)",
        "digime-evil://auth",
        "//127.0.0.1:9000/callback",
        "",
    ] {
        let (status, _) = authorize_with(&raw, json!({"redirect_uri": uri})).await;
        assert!([400, 404].contains(&status), "{uri}: {status}");
    }
    assert_eq!(
        authorize_with(&raw, json!({"redirect_uri": "https://evil.example/"})).await,
        (404, "InvalidRedirectUri".to_owned())
    );
    for uri in [CALLBACK, "http://localhost:1/any/path", "http://[::1]:5/x", "digime-ca-myapp://auth"] {
        let mut claims = RawClient::authorize_claims();
        claims["redirect_uri"] = json!(uri);
        assert_eq!(raw.call(Method::POST, "oauth/authorize", claims).await.status, 200, "{uri}");
    }
}

#[tokio::test]
async fn a_nonce_works_once_and_has_a_form() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let mut claims = RawClient::authorize_claims();
    claims["nonce"] = json!(nonce());
    assert_eq!(raw.call(Method::POST, "oauth/authorize", claims.clone()).await.status, 200);
    let replay = raw.call(Method::POST, "oauth/authorize", claims).await;
    assert_eq!(replay.error(), (400, "InvalidRequest".to_owned()));
    assert!(replay.text().contains("has already been used"));
    for nonce in [json!(null), json!("short"), json!(7), json!("x".repeat(5000))] {
        assert_eq!(authorize_with(&raw, json!({"nonce": nonce})).await.0, 400, "{nonce}");
    }
}

#[tokio::test]
async fn a_nonce_that_arrives_twenty_times_at_once_is_accepted_once() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let jwt = raw.sign(&raw.claims(RawClient::authorize_claims()));
    let sends = (0..20).map(|_| raw.send(Method::POST, "/v1.7/oauth/authorize", Some(&jwt), None));
    let answers = futures_util::future::join_all(sends).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
}

#[tokio::test]
async fn a_timestamp_is_fresh_by_five_minutes_either_way() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64;
    for (offset, accepted) in [(-290_000, true), (290_000, true), (-310_000, false), (310_000, false)] {
        let mut claims = RawClient::authorize_claims();
        claims["timestamp"] = json!(now + offset);
        let answer = raw.call(Method::POST, "oauth/authorize", claims).await;
        assert_eq!(answer.status == 200, accepted, "{offset}");
    }
    // Moving the sandbox's clock does not age a client.
    world.sandbox.clock().advance(std::time::Duration::from_secs(30 * 86_400));
    raw.authorize().await;
}

#[tokio::test]
async fn only_ps512_is_accepted() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    for algorithm in [Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::RS256] {
        let jwt = raw.sign_with(algorithm, &raw.claims(RawClient::authorize_claims()));
        let answer = raw.send(Method::POST, "/v1.7/oauth/authorize", Some(&jwt), None).await;
        assert_eq!(answer.error(), (401, "InvalidJWT".to_owned()), "{algorithm:?}");
    }
    for jwt in [None, Some("a.b.c"), Some(""), Some("eyJhbGciOiJub25lIn0.e30.")] {
        let answer = raw.send(Method::POST, "/v1.7/oauth/authorize", jwt, None).await;
        assert_eq!(answer.error(), (401, "InvalidJWT".to_owned()), "{jwt:?}");
    }
}

#[tokio::test]
async fn a_token_opens_nothing_for_another_contract() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::Read).await;
    let thief = world.raw(ContractKind::ReadRaw);
    let claims = json!({"access_token": user.token().access_token.value.expose()});
    for path in
        ["permission-access/accounts".to_owned(), format!("permission-access/query/{}", session.key.expose())]
    {
        let answer = thief.call(Method::GET, &path, claims.clone()).await;
        assert_eq!(answer.error(), (401, "InvalidToken".to_owned()), "{path}");
    }
    assert_eq!(thief.refresh(user.token().refresh_token.value.expose()).await.error().1, "InvalidToken");
}

#[tokio::test]
async fn a_session_belongs_to_its_user() {
    let world = World::new().await;
    let (_, mine) = world.user(ContractKind::Read).await;
    let (other, _) = world.user(ContractKind::Read).await;
    let error = other.read_file_list(&mine.key).await.unwrap_err();
    assert_eq!((error.status(), error.api().unwrap().code.as_str()), (Some(404), "SessionInvalid"));
}

#[tokio::test]
async fn a_file_name_is_no_path() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::Read).await;
    let raw = world.raw(ContractKind::Read);
    let claims = json!({"access_token": user.token().access_token.value.expose()});
    for name in ["nothing.json", "..%2F..%2Fetc%2Fpasswd", "%2e%2e", "%00", "a%20b"] {
        let path = format!("permission-access/query/{}/{name}", session.key.expose());
        let answer = raw.call(Method::GET, &path, claims.clone()).await;
        assert_eq!(answer.status, 404, "{name}");
        assert!(answer.error().1 == "FileNotFound" || answer.error().1 == "NotFound", "{name}");
    }
}

#[tokio::test]
async fn claims_of_a_wrong_form_are_named() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    for (claim, value) in [
        ("redirect_uri", json!(null)),
        ("redirect_uri", json!(["http://127.0.0.1"])),
        ("code_challenge", json!(null)),
        ("code_challenge", json!("short")),
        ("code_challenge_method", json!("plain")),
        ("response_type", json!("token")),
        ("timestamp", json!("soon")),
        ("timestamp", json!(null)),
        ("timestamp", json!(1e300)),
        ("state", json!({"a": 1})),
    ] {
        let mut all = RawClient::authorize_claims();
        all[claim] = value.clone();
        let answer = raw.call(Method::POST, "oauth/authorize", all).await;
        assert_eq!(answer.error().0, 400, "{claim}={value}");
        assert!(answer.text().contains(claim), "{claim}={value}: {}", answer.text());
    }
}

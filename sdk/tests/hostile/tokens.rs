//! Forged, mislabelled and ill-timed tokens of the server.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA512};
use digime::{AuthorizationCode, CodeVerifier, Error, ErrorKind, Operation, UserAccessToken};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::support::*;

pub(crate) async fn exchange(server: &Server) -> Result<UserAccessToken, Error> {
    server
        .client()
        .exchange_code_for_token(&contract(), AuthorizationCode::new("c-1"), &CodeVerifier::new("v-1"))
        .await
}

async fn exchange_with(token: impl FnOnce(&Server) -> String) -> Result<UserAccessToken, Error> {
    let server = Server::start().await;
    let token = token(&server);
    server.token_text(&token).await;
    exchange(&server).await
}

fn header(server: &Server) -> Value {
    json!({"alg": "PS512", "typ": "JWT", "jku": server.jku(), "kid": KID})
}

fn payload() -> Vec<u8> {
    token_payload("at-2", "rt-2").to_string().into_bytes()
}

fn assert_rejected(result: Result<UserAccessToken, Error>, case: &str) {
    let error = result.expect_err(case);
    assert_eq!(error.kind(), ErrorKind::TokenRejected, "{case}: {error}");
    assert!(error.to_string().contains("rejected"), "{case}: {error}");
}

#[tokio::test]
async fn a_genuine_token_is_accepted() {
    let token = exchange_with(|server| sign(&server.jku(), &token_payload("at-2", "rt-2"))).await;
    assert_eq!(token.unwrap().access_token.value.expose(), "at-2");
}

#[tokio::test]
async fn unsigned_tokens() {
    for alg in ["none", "None", "NONE", ""] {
        let result = exchange_with(|server| {
            let mut header = header(server);
            header["alg"] = json!(alg);
            format!("{}.{}.", b64(header.to_string()), b64(payload()))
        });
        assert_rejected(result.await, alg);
    }
}

#[tokio::test]
async fn symmetric_tokens_signed_with_the_public_key() {
    for public in ["server-public-pkcs1.pem", "server-public-spki.pem"] {
        let result = exchange_with(|server| {
            let mut header = header(server);
            header["alg"] = json!("HS256");
            let input = format!("{}.{}", b64(header.to_string()), b64(payload()));
            let key = hmac::Key::new(hmac::HMAC_SHA256, vector_text(public).trim_end().as_bytes());
            format!("{input}.{}", b64(hmac::sign(&key, input.as_bytes())))
        });
        assert_rejected(result.await, public);
    }
}

#[tokio::test]
async fn other_rsa_algorithms() {
    for (alg, encoding) in [
        ("RS512", &RSA_PKCS1_SHA512),
        ("PS256", &RSA_PSS_SHA256),
        // The right label on a signature of the wrong kind.
        ("PS512", &RSA_PKCS1_SHA512),
        ("PS512", &RSA_PSS_SHA256),
    ] {
        let result = exchange_with(|server| {
            let mut header = header(server);
            header["alg"] = json!(alg);
            sign_with(encoding, &header, &payload())
        });
        assert_rejected(result.await, alg);
    }
}

#[tokio::test]
async fn changed_payloads_headers_and_signatures() {
    let changes: [fn(&str) -> String; 4] = [
        |token| {
            let mut parts = token.split('.');
            let (header, signature) = (parts.next().unwrap(), parts.nth(1).unwrap());
            format!("{header}.{}.{signature}", b64(token_payload("evil", "evil").to_string()))
        },
        |token| {
            // In the middle: the last character has bits that mean nothing.
            let at = token.len() - 100;
            let other = if &token[at..=at] == "A" { "B" } else { "A" };
            format!("{}{other}{}", &token[..at], &token[at + 1..])
        },
        |token| token[..token.rfind('.').unwrap() + 1].to_owned(),
        |token| format!("{token}.extra"),
    ];
    for (number, change) in changes.iter().enumerate() {
        let result = exchange_with(|server| change(&sign(&server.jku(), &token_payload("a", "r"))));
        assert_rejected(result.await, &number.to_string());
    }
}

#[tokio::test]
async fn texts_that_are_no_tokens() {
    for text in ["", ".", "..", "a.b", "a.b.c", "\u{0}", "ée.é.é", &"A".repeat(100_000)] {
        assert_rejected(exchange_with(|_| text.to_owned()).await, text);
    }
}

#[tokio::test]
async fn key_ids_that_are_missing_unknown_or_not_text() {
    for kid in [json!("other"), json!(null), json!(7), json!(["x"])] {
        let result = exchange_with(|server| {
            let mut header = header(server);
            header["kid"] = kid.clone();
            sign_with(&RSA_PSS_SHA512, &header, &payload())
        });
        assert_rejected(result.await, &kid.to_string());
    }
}

#[tokio::test]
async fn critical_header_members_are_not_ignored() {
    let result = exchange_with(|server| {
        let mut header = header(server);
        header["crit"] = json!(["b64"]);
        sign_with(&RSA_PSS_SHA512, &header, &payload())
    });
    assert_rejected(result.await, "crit");
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

async fn with_claims(extra: &[(&str, Value)]) -> Result<UserAccessToken, Error> {
    let mut payload = token_payload("at-2", "rt-2");
    for (name, value) in extra {
        payload[*name] = value.clone();
    }
    exchange_with(|server| sign(&server.jku(), &payload)).await
}

#[tokio::test]
async fn expiry_and_not_before_are_enforced() {
    for (name, value) in [
        ("exp", json!(now() - 3_600)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!("2030-01-01")),
        ("exp", json!(true)),
        ("nbf", json!(now() + 3_600)),
        ("nbf", json!((now() + 3_600) * 1_000)),
        ("nbf", json!("1")),
        ("nbf", json!(9.0e300)),
    ] {
        assert_rejected(with_claims(&[(name, value.clone())]).await, &format!("{name} {value}"));
    }
}

#[tokio::test]
async fn plausible_times_are_accepted() {
    for (name, value) in [
        ("exp", json!(now() + 60)),
        ("exp", json!(now() - 5)),
        ("exp", json!(9.0e300)),
        ("exp", json!(u64::MAX)),
        ("exp", json!((now() + 60) as f64 + 0.5)),
        ("nbf", json!(now() + 5)),
        ("nbf", json!(0)),
    ] {
        with_claims(&[(name, value.clone())]).await.unwrap_or_else(|e| panic!("{name} {value}: {e}"));
    }
}

async fn with_expiry(expires_on: Value) -> Result<UserAccessToken, Error> {
    with_claims(&[("access_token", json!({"value": "at-2", "expires_on": expires_on}))]).await
}

#[tokio::test]
async fn odd_expiries_are_expired_or_far_away_but_never_overflow() {
    for (value, expected, expired) in [
        (json!(0), 0, true),
        (json!(-5), 0, true),
        (json!(i64::MIN), 0, true),
        (json!(1_000), 1_000, true),
        (json!(4_102_444_800_i64), 4_102_444_800, false),
        // Milliseconds where seconds belong.
        (json!(4_102_444_800_000_i64), 4_102_444_800, false),
        (json!(u64::MAX), i64::MAX / 1000, false),
        (json!(1e300), i64::MAX / 1000, false),
        (json!(null), 0, true),
    ] {
        let token = with_expiry(value.clone()).await.unwrap().access_token;
        assert_eq!((token.expiry, token.is_expired()), (expected, expired), "{value}");
        let _ = token.expires_at();
    }
}

#[tokio::test]
async fn tokens_of_the_wrong_shape_name_the_field() {
    for (access, field) in [
        (json!({"value": "at", "expires_on": "soon"}), "access_token"),
        (json!({"value": 7}), "access_token"),
        (json!([]), "access token"),
        (json!({"value": ""}), "access token"),
        (json!({}), "access token"),
    ] {
        let error = with_claims(&[("access_token", access.clone())]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{access}: {error}");
        assert_eq!(error.operation(), Some(Operation::ExchangeCode));
        assert!(error.to_string().contains(field), "{access}: {error}");
    }
}

#[tokio::test]
async fn a_token_missing_from_the_answer_is_a_decode_error() {
    let server = Server::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({"session": {}}));
    server.post("/v1.7/oauth/token", answer).await;
    let error = exchange(&server).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("missing field `token`"), "{error}");
}

#[tokio::test]
async fn a_rejected_refresh_leaves_the_stored_token_alone() {
    let server = Server::start().await;
    server.get("/v1.7/permission-access/accounts", invalid_token()).await;
    server.token_text("a.b.c").await;
    let user = server.user();
    let error = user.read_accounts().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenRejected);
    assert_eq!(user.token(), token("at-1", "rt-1"));
}

//! Tokens: exchanged, refreshed, and renewed in use.

use std::sync::{Arc, Mutex};

use digime::legacy::{Generation, LegacyClient, SessionRequest};
use digime::{ErrorKind, UserAccessToken};
use serde_json::json;
use wiremock::{Request, ResponseTemplate};

use crate::independent::{api_claims, body, header};
use crate::server::{Legacy, REDIRECT, flat, key, legacy_contract, nested, ok};
use crate::support::{SESSION, api_error, claims, invalid_token, token};

const TRIGGER: &str = "permission-access/trigger";

async fn exchanged(legacy: &Legacy) -> Result<UserAccessToken, digime::Error> {
    legacy.client().exchange_code(&legacy_contract(), &"c".into(), Some(&"v".into())).await
}

#[tokio::test]
async fn flat_and_nested_pairs_are_read_wherever_they_come() {
    for generation in [Generation::V1_4, Generation::V1_5, Generation::V1_6] {
        for (payload, refresh_expiry) in [(flat("at", "rt"), 0), (nested("at", "rt"), 1_617_537_600)] {
            let legacy = Legacy::start(generation).await;
            legacy.post("oauth/token", ok(json!({"token": legacy.signed(&payload)}))).await;
            let pair = exchanged(&legacy).await.unwrap();
            assert_eq!((pair.access_token.value.expose(), pair.refresh_token.value.expose()), ("at", "rt"));
            assert_eq!(
                (pair.access_token.expiry, pair.refresh_token.expiry),
                (1_615_032_000, refresh_expiry)
            );
        }
        for broken in [json!({}), json!({"access_token": ""}), json!({"access_token": 1}), json!([])] {
            let legacy = Legacy::start(generation).await;
            legacy.post("oauth/token", ok(json!({"token": legacy.signed(&broken)}))).await;
            let error = exchanged(&legacy).await.unwrap_err();
            assert!(
                matches!(error.kind(), ErrorKind::Decode | ErrorKind::TokenRejected),
                "{broken}: {error}"
            );
        }
    }
}

#[tokio::test]
async fn a_code_without_verifier_is_exchanged_before_v1_6_only() {
    for generation in [Generation::V1_4, Generation::V1_5] {
        let legacy = Legacy::start(generation).await;
        legacy.issue("at", "rt").await;
        legacy.client().exchange_code(&legacy_contract(), &"c".into(), None).await.unwrap();
        let sent = legacy.asked("oauth/token").await.remove(0);
        assert_eq!(
            api_claims(&sent),
            json!({"code": "c", "grant_type": "authorization_code", "redirect_uri": REDIRECT})
        );
    }
    let legacy = Legacy::start(Generation::V1_6).await;
    let error = legacy.client().exchange_code(&legacy_contract(), &"c".into(), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(legacy.asked("oauth/token").await.is_empty());
}

#[tokio::test]
async fn a_pair_is_refreshed_and_keeps_what_does_not_change() {
    let legacy = Legacy::start(Generation::V1_5).await;
    let fresh = json!({"access_token": "at-2", "expires_on": 5, "token_type": "Bearer"});
    legacy.post("oauth/token", ok(json!({"token": legacy.signed(&fresh)}))).await;
    let pair = legacy.client().refresh(&legacy_contract(), &token("at-1", "rt-1")).await.unwrap();
    assert_eq!((pair.access_token.value.expose(), pair.refresh_token.value.expose()), ("at-2", "rt-1"));
    let sent = legacy.asked("oauth/token").await.remove(0);
    assert_eq!(
        api_claims(&sent),
        json!({"grant_type": "refresh_token", "refresh_token": "rt-1", "redirect_uri": REDIRECT})
    );
    assert_eq!(header(&sent, "content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_session_is_prepared_with_a_token() {
    for generation in [Generation::V1_4, Generation::V1_5] {
        // Answers were empty, or an empty object.
        for answer in [ResponseTemplate::new(202), ok(json!({}))] {
            let legacy = Legacy::start(generation).await;
            legacy.post(TRIGGER, answer).await;
            let prepared = legacy
                .client()
                .prepare_files(&legacy_contract(), &token("at-1", "rt-1"), &key())
                .await
                .unwrap();
            assert_eq!(prepared.updated_token, None);
            let sent = legacy.asked(TRIGGER).await.remove(0);
            assert!(sent.body.is_empty());
            assert_eq!(header(&sent, "content-type"), Some("application/json"));
            assert_eq!(
                api_claims(&sent),
                json!({"access_token": "at-1", "redirect_uri": REDIRECT, "session_key": SESSION})
            );
        }
    }
}

/// Accepts the token `at-2` alone.
fn only_the_new(request: &Request, answer: &ResponseTemplate) -> ResponseTemplate {
    match claims(request)["access_token"] == "at-2" {
        true => answer.clone(),
        false => invalid_token(),
    }
}

#[tokio::test]
async fn a_refused_token_is_refreshed_once_and_told() {
    let legacy = Legacy::start(Generation::V1_5).await;
    legacy.issue("at-2", "rt-2").await;
    legacy.post(TRIGGER, |request: &Request| only_the_new(request, &ResponseTemplate::new(202))).await;
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let listener = Arc::clone(&told);
    let client: LegacyClient = legacy
        .server
        .builder()
        .on_token(move |new| {
            listener.lock().unwrap().push(new.current.access_token.value.expose().to_owned());
        })
        .build()
        .unwrap()
        .legacy(Generation::V1_5);
    let prepared = client.prepare_files(&legacy_contract(), &token("at-1", "rt-1"), &key()).await.unwrap();
    assert_eq!(prepared.updated_token.unwrap().access_token.value.expose(), "at-2");
    assert_eq!(*told.lock().unwrap(), ["at-2"]);
    assert_eq!((legacy.asked(TRIGGER).await.len(), legacy.asked("oauth/token").await.len()), (2, 1));
}

#[tokio::test]
async fn calls_that_are_refused_together_share_a_refresh() {
    let legacy = Legacy::start(Generation::V1_5).await;
    legacy.issue("at-2", "rt-2").await;
    legacy.post(TRIGGER, |request: &Request| only_the_new(request, &ResponseTemplate::new(202))).await;
    let (client, contract, pair) = (legacy.client(), legacy_contract(), token("at-1", "rt-1"));
    let session = key();
    let calls = (0..5).map(|_| client.prepare_files(&contract, &pair, &session));
    for prepared in futures_util::future::join_all(calls).await {
        assert_eq!(prepared.unwrap().updated_token.unwrap().access_token.value.expose(), "at-2");
    }
    assert_eq!((legacy.asked(TRIGGER).await.len(), legacy.asked("oauth/token").await.len()), (10, 1));
    // Nobody is left who knows the new pair.
    let prepared = client.prepare_files(&contract, &pair, &session).await.unwrap();
    assert!(prepared.updated_token.is_some());
    assert_eq!(legacy.asked("oauth/token").await.len(), 2);
}

#[tokio::test]
async fn a_refresh_that_failed_is_not_shared_with_later_calls() {
    let legacy = Legacy::start(Generation::V1_5).await;
    legacy.post(TRIGGER, |request: &Request| only_the_new(request, &ResponseTemplate::new(202))).await;
    let (client, contract, pair) = (legacy.client(), legacy_contract(), token("at-1", "rt-1"));
    let session = key();
    legacy.server.once("POST", &legacy.path("oauth/token"), api_error(500, "X")).await;
    client.prepare_files(&contract, &pair, &session).await.unwrap_err();
    legacy.issue("at-2", "rt-2").await;
    let prepared = client.prepare_files(&contract, &pair, &session).await.unwrap();
    assert_eq!(prepared.updated_token.unwrap().access_token.value.expose(), "at-2");
}

#[tokio::test]
async fn tokens_refused_for_ever_end_in_a_new_consent() {
    let legacy = Legacy::start(Generation::V1_4).await;
    legacy.issue("at-2", "rt-2").await;
    legacy.post(TRIGGER, invalid_token()).await;
    let pair = token("at-1", "rt-1");
    let error = legacy.client().prepare_files(&legacy_contract(), &pair, &key()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReauthorizationRequired);
    assert_eq!((legacy.asked(TRIGGER).await.len(), legacy.asked("oauth/token").await.len()), (2, 1));

    let legacy = Legacy::start(Generation::V1_4).await;
    legacy.post("oauth/token", invalid_token()).await;
    legacy.post(TRIGGER, invalid_token()).await;
    let error = legacy.client().prepare_files(&legacy_contract(), &pair, &key()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReauthorizationRequired);

    let error =
        legacy.client().prepare_files(&legacy_contract(), &token("at", ""), &key()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReauthorizationRequired, "without a refresh token");
}

#[tokio::test]
async fn other_refusals_do_not_use_up_the_refresh_token() {
    for refusal in [api_error(401, "InvalidJWT"), api_error(403, "InsufficientScope"), api_error(500, "X")] {
        let legacy = Legacy::start(Generation::V1_4).await;
        legacy.post(TRIGGER, refusal).await;
        let error =
            legacy.client().prepare_files(&legacy_contract(), &token("at", "rt"), &key()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Api);
        assert!(legacy.asked("oauth/token").await.is_empty());
    }
}

#[tokio::test]
async fn v1_6_starts_sessions_with_a_token() {
    let legacy = Legacy::start(Generation::V1_6).await;
    legacy.issue("at-2", "rt-2").await;
    let answer = ok(json!({"session": {"key": "session-2", "expiry": 1_614_946_500_000_i64}}));
    legacy.post(TRIGGER, move |request: &Request| only_the_new(request, &answer)).await;
    let started = legacy
        .client()
        .read_session(&legacy_contract(), &token("at-1", "rt-1"), SessionRequest::new())
        .await
        .unwrap();
    assert_eq!(started.value.key.expose(), "session-2");
    assert_eq!(started.updated_token.unwrap().refresh_token.value.expose(), "rt-2");
    let sent = legacy.asked(TRIGGER).await.remove(1);
    assert_eq!(api_claims(&sent), json!({"access_token": "at-2", "redirect_uri": REDIRECT}));
    assert_eq!(body(&sent), json!({"accept": {"compression": "gzip"}}));
    let error =
        legacy.client().prepare_files(&legacy_contract(), &token("a", "r"), &key()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn v1_6_deletes_users() {
    let legacy = Legacy::start(Generation::V1_6).await;
    let path = legacy.path("user");
    legacy.server.on("DELETE", &path, ResponseTemplate::new(204)).await;
    let deleted = legacy.client().delete_user(&legacy_contract(), &token("at-1", "rt-1")).await.unwrap();
    assert_eq!(deleted.updated_token, None);
    let sent = legacy.asked("user").await.remove(0);
    assert_eq!(api_claims(&sent), json!({"access_token": "at-1", "redirect_uri": REDIRECT}));
}

//! Tokens refreshed anywhere are seen everywhere.

use std::sync::{Arc, Mutex};

use digime::{Contract, ErrorKind, PrivateKey};
use serde_json::json;
use wiremock::{Request, ResponseTemplate};

use crate::independent::*;
use crate::support::*;

const ACCOUNTS: &str = "/v1.7/permission-access/accounts";
const TOKEN: &str = "/v1.7/oauth/token";

/// Accepts one access token only.
async fn accepting(access: &'static str) -> Server {
    let server = Server::start().await;
    server
        .get(ACCOUNTS, move |request: &Request| match claims(request)["access_token"] == access {
            true => json_answer(json!([])),
            false => invalid_token(),
        })
        .await;
    server
}

#[tokio::test]
async fn handles_of_the_same_pair_share_one_refresh() {
    let server = accepting("at-2").await;
    server.issue("at-2", "rt-2").await;
    let client = server.client();
    // As many requests of a web server, each with the pair from its database.
    let handles: Vec<_> = (0..20).map(|_| client.user(&contract(), token("at-1", "rt-1"))).collect();
    let reads = handles.iter().map(digime::User::read_accounts);
    for result in futures_util::future::join_all(reads).await {
        result.unwrap();
    }
    assert_eq!(server.count(TOKEN).await, 1);
    for handle in &handles {
        assert_eq!(handle.token().access_token.value.expose(), "at-2");
    }
}

#[tokio::test]
async fn a_stale_pair_leads_to_the_refreshed_handle_while_it_lives() {
    let server = accepting("at-2").await;
    server.issue("at-2", "rt-2").await;
    let client = server.client();
    let user = client.user(&contract(), token("at-1", "rt-1"));
    user.read_accounts().await.unwrap();
    for pair in [token("at-1", "rt-1"), token("at-2", "rt-2")] {
        let other = client.clone().user(&contract(), pair);
        assert_eq!(other.token(), user.token());
    }
    drop(user);
    let alone = client.user(&contract(), token("at-1", "rt-1"));
    assert_eq!(alone.token(), token("at-1", "rt-1"), "nobody is left to share with");
}

#[tokio::test]
async fn a_handle_is_found_by_its_latest_pairs_only() {
    let server = Server::start().await;
    let number = Arc::new(Mutex::new(1));
    let jku = server.jku();
    server
        .post(TOKEN, move |_: &Request| {
            let mut number = number.lock().unwrap();
            *number += 1;
            let payload = token_payload(&format!("at-{number}"), &format!("rt-{number}"));
            json_answer(json!({"token": sign(&jku, &payload)}))
        })
        .await;
    let client = server.client();
    let user = client.user(&contract(), token("at-1", "rt-1"));
    for _ in 0..6 {
        user.refresh().await.unwrap();
    }
    let current = user.token();
    assert_eq!(current.access_token.value.expose(), "at-7");
    let found =
        |number: u32| client.user(&contract(), token(&format!("at-{number}"), &format!("rt-{number}")));
    assert_eq!(found(7).token(), current);
    assert_eq!(found(4).token(), current);
    assert_ne!(found(3).token(), current, "forgotten, so that memory is bounded");
}

#[tokio::test]
async fn other_contracts_keys_clients_and_placeholders_share_nothing() {
    let server = Server::start().await;
    let client = server.client();
    let user = client.user(&contract(), token("at-1", "rt-1"));
    let other_contract =
        Contract::new("Other", PrivateKey::from_pem(&vector_text("contract-private.pem")).unwrap()).unwrap();
    let other_key = Contract::new(CONTRACT, PrivateKey::from_pem(&data("rsa-3072.pem")).unwrap()).unwrap();
    let strangers = [
        client.user(&other_contract, token("at-1", "rt-1")),
        client.user(&other_key, token("at-1", "rt-1")),
        client.user(&contract(), token("at-1", "rt-other")),
        server.client().user(&contract(), token("at-1", "rt-1")),
    ];
    let (first, second) = (client.user(&contract(), token("", "")), client.user(&contract(), token("", "")));
    first.set_token(token("at-5", "rt-5"));
    assert_eq!(second.token(), token("", ""), "two placeholders are not one user");
    user.set_token(token("at-9", "rt-9"));
    for stranger in strangers {
        assert_eq!(stranger.token().access_token.value.expose(), "at-1");
    }
}

#[tokio::test]
async fn a_token_set_by_hand_is_seen_by_clones_but_not_by_holders_of_the_old_pair() {
    let server = accepting("at-9").await;
    let client = server.client();
    let user = client.user(&contract(), token("at-1", "rt-1"));
    let clone = user.clone();
    let mut watched = user.subscribe();
    user.set_token(token("at-9", "rt-9"));
    assert!(watched.has_changed().unwrap());
    assert_eq!(watched.borrow_and_update().access_token.value.expose(), "at-9");
    clone.read_accounts().await.unwrap();
    assert_eq!(client.user(&contract(), token("at-9", "rt-9")).token(), clone.token());
    // The new pair may be another user's: the old one must not lead to it.
    assert_eq!(client.user(&contract(), token("at-1", "rt-1")).token(), token("at-1", "rt-1"));
}

#[tokio::test]
async fn a_refresh_under_way_does_not_undo_a_newer_consent() {
    let server = accepting("at-9").await;
    let payload = token_payload("at-2", "rt-2");
    let slow = json_answer(json!({"token": sign(&server.jku(), &payload)}))
        .set_delay(std::time::Duration::from_millis(300));
    server.post(TOKEN, slow).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let client = server
        .builder()
        .on_token(move |new| listener.lock().unwrap().push(new.current.clone()))
        .build()
        .unwrap();
    let user = client.user(&contract(), token("at-1", "rt-1"));
    let refresh = tokio::spawn({
        let user = user.clone();
        async move { user.refresh().await }
    });
    while server.count(TOKEN).await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    user.set_token(token("at-9", "rt-9"));
    refresh.await.unwrap().unwrap();
    assert_eq!(user.token(), token("at-9", "rt-9"));
    assert!(told.lock().unwrap().is_empty(), "the outdated pair must not overwrite a stored one");
    user.read_accounts().await.unwrap();
}

#[tokio::test]
async fn a_dead_refresh_token_is_reported_to_all() {
    let server = accepting("never").await;
    server
        .post(
            TOKEN,
            ResponseTemplate::new(401).set_body_json(json!({
                "error": {"code": "InvalidToken", "message": "The token (refresh_token) is invalid"},
            })),
        )
        .await;
    let client = server.client();
    let handles: Vec<_> = (0..5).map(|_| client.user(&contract(), token("at-1", "rt-1"))).collect();
    let reads = handles.iter().map(digime::User::read_accounts);
    for result in futures_util::future::join_all(reads).await {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::ReauthorizationRequired);
    }
}

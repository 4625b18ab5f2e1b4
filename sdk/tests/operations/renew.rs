//! Renewing a user, and logging in to an account again.

use digime::{CodeVerifier, ErrorKind, Operation, ReauthorizeAccountOptions, ReauthorizeOptions};
use serde_json::json;

use crate::connect::{REFERENCE, query, started};
use crate::independent::*;
use crate::support::*;

const CALLBACK: &str = "https://app.example/return";

#[tokio::test]
async fn renewing_a_user_proves_possession() {
    let server = Server::start().await;
    server.post(REFERENCE, started(&server)).await;
    let options = ReauthorizeOptions::new(CALLBACK).state("st-1").locale("nl").trigger_query(true);
    let authorization = server.user().reauthorize_url(options).await.unwrap();

    let request = only(&server, REFERENCE).await;
    assert_eq!(
        api_claims(&request),
        json!({
            "access_token": "at-1", "redirect_uri": CALLBACK, "state": "st-1",
            "code_challenge": authorization.code_verifier.challenge(), "code_challenge_method": "S256",
        })
    );
    assert_eq!(body(&request).as_object().unwrap().keys().collect::<Vec<_>>(), ["agent"]);
    assert_eq!(authorization.url.path(), "/apps/saas/user-reauth");
    let expected = [("code", "rc-1"), ("lng", "nl"), ("triggerQuery", "true")];
    assert_eq!(query(&authorization.url), expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    assert_eq!(authorization.session.key.expose(), SESSION);

    // The rest is the way of every authorization.
    server.issue("at-2", "rt-2").await;
    let grant = authorization.callback("success=true&state=st-1&code=c-1").unwrap();
    let renewed = server.client().connect(grant).await.unwrap();
    assert_eq!(renewed.token().access_token.value.expose(), "at-2");
    let exchange = only(&server, "/v1.7/oauth/token").await;
    let verifier = api_claims(&exchange)["code_verifier"].as_str().unwrap().to_owned();
    assert_eq!(CodeVerifier::new(verifier).challenge(), authorization.code_verifier.challenge());
}

#[tokio::test]
async fn renewing_never_refreshes() {
    let server = Server::start().await;
    server.post(REFERENCE, invalid_token()).await;
    server.issue("at-2", "rt-2").await;
    let error = server.user().reauthorize_url(ReauthorizeOptions::new(CALLBACK)).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(401)));
    assert_eq!(error.operation(), Some(Operation::ReauthorizeUser));
    assert!(error.needs_reauthorization());
    assert_eq!(server.count("/v1.7/oauth/token").await, 0);
}

#[tokio::test]
async fn an_account_is_named_by_a_reference() {
    let server = Server::start().await;
    server.post(REFERENCE, started(&server)).await;
    server.post("/v1.7/reference", json_answer(json!({"id": "ref-77"}))).await;
    let options = ReauthorizeAccountOptions::new(CALLBACK, "19_k3v9z").locale("nl");
    let account = server.user().reauthorize_account_url(options).await.unwrap();

    let request = only(&server, REFERENCE).await;
    assert_eq!(api_claims(&request), json!({"access_token": "at-1", "redirect_uri": CALLBACK}));
    let reference = only(&server, "/v1.7/reference").await;
    assert_eq!(api_claims(&reference), json!({}), "no access token, even for accounts");
    assert_eq!(body(&reference), json!({"type": "accountId", "value": "19_k3v9z"}));
    assert_eq!(account.url.path(), "/apps/saas/reauthorize");
    let expected = [("code", "rc-1"), ("accountRef", "ref-77"), ("lng", "nl")];
    assert_eq!(query(&account.url), expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
}

#[tokio::test]
async fn a_refused_account_reference_ends_the_flow() {
    let server = Server::start().await;
    server.post(REFERENCE, started(&server)).await;
    server.post("/v1.7/reference", api_error(404, "NotFound")).await;
    let options = ReauthorizeAccountOptions::new(CALLBACK, "19_k3v9z");
    let error = server.user().reauthorize_account_url(options).await.unwrap_err();
    assert_eq!((error.status(), error.operation()), (Some(404), Some(Operation::CreateReference)));
    let options = ReauthorizeAccountOptions::new(CALLBACK, "");
    let error = server.user().reauthorize_account_url(options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn account_logins_refresh_a_refused_token() {
    let server = Server::start().await;
    server.once("POST", REFERENCE, invalid_token()).await;
    server.post(REFERENCE, started(&server)).await;
    server.post("/v1.7/reference", json_answer(json!({"id": "ref-77"}))).await;
    server.issue("at-2", "rt-2").await;
    let options = ReauthorizeAccountOptions::new(CALLBACK, "19_k3v9z");
    let _ = server.user().reauthorize_account_url(options).await.unwrap();
    assert_eq!(api_claims(&server.requests(REFERENCE).await[1])["access_token"], "at-2");
}

//! Deleting a library, and one account of it.

use digime::{ErrorCode, ErrorKind, Operation};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::independent::*;
use crate::support::*;

const USER: &str = "/v1.7/user";
const ACCOUNT: &str = "/v1.7/permission-access/service/h:accountId";

#[tokio::test]
async fn deleting_a_user_accepts_every_kind_of_answer() {
    for answer in [
        ResponseTemplate::new(204),
        ResponseTemplate::new(200),
        ResponseTemplate::new(200).set_body_json(json!({"deleted": true})),
        ResponseTemplate::new(202).set_body_string("gone"),
    ] {
        let server = Server::start().await;
        server.on("DELETE", USER, answer).await;
        server.user().delete().await.unwrap();
        let request = only(&server, USER).await;
        assert_eq!(request.method.as_str(), "DELETE");
        assert_eq!(api_claims(&request), json!({"access_token": "at-1"}));
        assert_eq!(header(&request, "accept"), Some("application/json"));
        assert_eq!(header(&request, "content-type"), None);
        assert!(request.body.is_empty());
    }
}

#[tokio::test]
async fn deleting_an_account_names_it_in_a_header() {
    let server = Server::start().await;
    server.on("DELETE", ACCOUNT, ResponseTemplate::new(204)).await;
    server.user().delete_account(&"19_k3v9z".into()).await.unwrap();
    let request = only(&server, ACCOUNT).await;
    assert_eq!(request.url.path(), ACCOUNT);
    assert_eq!(api_claims(&request), json!({"access_token": "at-1"}));
    assert_eq!(header(&request, "accountid"), Some("19_k3v9z"));
    assert_eq!(header(&request, "content-type"), Some("application/json"));
    let error = server.user().delete_account(&"".into()).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Config, Some(Operation::DeleteAccount)));
}

#[tokio::test]
async fn deletions_are_retried_with_new_signatures() {
    let server = Server::start().await;
    server.times(2, "DELETE", USER, ResponseTemplate::new(503)).await;
    server.on("DELETE", USER, ResponseTemplate::new(204)).await;
    server.user().delete().await.unwrap();
    let nonces: std::collections::HashSet<String> =
        server.requests(USER).await.iter().map(|request| claims(request)["nonce"].to_string()).collect();
    assert_eq!(nonces.len(), 3);
}

#[tokio::test]
async fn deletions_refresh_a_refused_token_once() {
    let server = Server::start().await;
    server.on("DELETE", USER, invalid_token()).await;
    server.issue("at-2", "rt-2").await;
    let error = server.user().delete().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReauthorizationRequired);
    assert_eq!(server.count(USER).await, 2);
    assert_eq!(server.count("/v1.7/oauth/token").await, 1);
}

#[tokio::test]
async fn refusals_keep_the_platforms_words() {
    let server = Server::start().await;
    server.on("DELETE", ACCOUNT, api_error(403, "InsufficientScope")).await;
    let error = server.user().delete_account(&"19_k3v9z".into()).await.unwrap_err();
    assert_eq!(error.api().unwrap().code, ErrorCode::InsufficientScope);
    assert!(error.to_string().starts_with("delete_account: "), "{error}");
}

//! Pushing: into a library, and to the source behind an account.

use std::io;

use bytes::Bytes;
use digime::{Content, Error, ErrorKind, FhirVersion, Operation, PushMetadata, User};
use futures_util::stream;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::independent::*;
use crate::support::*;

const IMPORT: &str = "/v1.7/permission-access/import";

fn metadata() -> PushMetadata {
    PushMetadata::new("application/pdf").account("receipts").reference("order-1").tag("a").tag("b")
}

async fn accepting() -> Server {
    let server = Server::start().await;
    let answer = json_answer(json!({"status": "delivered", "expires": 200_000}));
    server.post(IMPORT, answer).await;
    server
}

async fn push(user: &User, content: impl Into<Content>) -> Result<(), Error> {
    user.push_to_library(&metadata(), content).await
}

/// A file that only this run has, as long as the value lives.
pub(crate) fn temporary(content: &[u8]) -> tempfile::TempPath {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    file.into_temp_path()
}

#[tokio::test]
async fn a_library_push_is_exactly_as_documented() {
    let server = accepting().await;
    push(&long_lived(&server), "plain bytes").await.unwrap();
    let request = only(&server, IMPORT).await;
    assert_eq!(request.method.as_str(), "POST");
    assert_eq!(api_claims(&request), json!({"access_token": "at-1"}));
    assert_eq!(header(&request, "content-type"), Some("application/octet-stream"));
    // As the iOS client does; the HTTP library cannot leave it out as Node does.
    assert_eq!(header(&request, "accept"), Some("application/json"));
    assert_eq!(header(&request, "transfer-encoding"), Some("chunked"));
    assert_eq!(header(&request, "content-length"), None);
    assert_eq!(request.body, b"plain bytes", "not encrypted");
    let (head, payload) = verified(header(&request, "filedescriptor").unwrap());
    assert_eq!(head, json!({"alg": "PS512", "typ": "JWT"}));
    assert_eq!(
        payload,
        json!({"metadata": {
            "mimeType": "application/pdf", "accounts": [{"accountId": "receipts"}],
            "reference": ["order-1"], "tags": ["a", "b"],
        }}),
        "and nothing else"
    );
}

#[tokio::test]
async fn the_descriptor_is_that_of_the_reference() {
    let vector = vector_json("jwt.json")["file_descriptor"].clone();
    let metadata = PushMetadata::new("application/json")
        .account("demo-account")
        .reference("demo-reference")
        .tag("demo-tag");
    let server = accepting().await;
    long_lived(&server).push_to_library(&metadata, "[]").await.unwrap();
    let request = only(&server, IMPORT).await;
    let sent = verified(header(&request, "filedescriptor").unwrap());
    assert_eq!(sent, verified(vector["token"].as_str().unwrap()));
}

#[tokio::test]
async fn the_smallest_descriptor_has_two_keys() {
    let server = accepting().await;
    let metadata = PushMetadata::new("text/plain");
    long_lived(&server).push_to_library(&metadata, Vec::new()).await.unwrap();
    let request = only(&server, IMPORT).await;
    let (_, payload) = verified(header(&request, "filedescriptor").unwrap());
    assert_eq!(payload, json!({"metadata": {"mimeType": "text/plain", "accounts": []}}));
    assert!(request.body.is_empty());
}

#[tokio::test]
async fn every_origin_of_content_arrives_whole() {
    let plain: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
    let file = temporary(&plain);
    let pieces: Vec<io::Result<Bytes>> = plain.chunks(7_001).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
    for content in [
        Content::bytes(plain.clone()),
        Content::from(Bytes::from(plain.clone())),
        Content::file(&file),
        Content::reader(io::Cursor::new(plain.clone())),
        Content::stream(stream::iter(pieces)),
        // One huge piece with nothing around it.
        Content::stream(stream::iter([Ok(Bytes::new()), Ok(Bytes::from(plain.clone())), Ok(Bytes::new())])),
    ] {
        let server = accepting().await;
        push(&long_lived(&server), content).await.unwrap();
        assert!(only(&server, IMPORT).await.body == plain);
    }
}

#[tokio::test]
async fn repeatable_content_is_sent_again_after_a_refresh() {
    let file = temporary(b"from a file");
    for (content, expected) in
        [(Content::from("bytes"), &b"bytes"[..]), (Content::file(&file), b"from a file")]
    {
        let server = accepting().await;
        // Any 401 without another code calls for a refresh (README §7).
        server.once("POST", IMPORT, ResponseTemplate::new(401)).await;
        server.issue("at-2", "rt-2").await;
        push(&long_lived(&server), content).await.unwrap();
        let requests = server.requests(IMPORT).await;
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[1].body, expected);
        assert_eq!(api_claims(&requests[1])["access_token"], "at-2");
    }
}

#[tokio::test]
async fn used_up_content_is_reported_and_the_token_refreshed() {
    let server = accepting().await;
    server.once("POST", IMPORT, invalid_token()).await;
    server.issue("at-2", "rt-2").await;
    let user = long_lived(&server);
    let error = push(&user, Content::reader(io::Cursor::new("once"))).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Body, Some(401)));
    assert_eq!(error.operation(), Some(Operation::PushToLibrary));
    assert!(error.is_retryable() && !error.needs_reauthorization(), "{error}");
    assert!(error.to_string().contains("call again"), "{error}");
    assert_eq!(server.count(IMPORT).await, 1);
    assert_eq!(user.token().access_token.value.expose(), "at-2");
    push(&user, Content::reader(io::Cursor::new("again"))).await.unwrap();
    assert_eq!(server.requests(IMPORT).await[1].body, b"again");
}

#[tokio::test]
async fn used_up_content_with_dead_tokens_asks_for_a_new_consent() {
    let server = accepting().await;
    server.once("POST", IMPORT, invalid_token()).await;
    server.post("/v1.7/oauth/token", invalid_token()).await;
    let error = push(&long_lived(&server), Content::reader(io::Cursor::new("x"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReauthorizationRequired);
}

#[tokio::test]
async fn an_expired_token_is_refreshed_before_the_only_attempt() {
    let server = accepting().await;
    server.issue("at-2", "rt-2").await;
    let user = server.user();
    assert!(user.token().access_token.is_expired());
    push(&user, Content::reader(io::Cursor::new("once"))).await.unwrap();
    assert_eq!(api_claims(&only(&server, IMPORT).await)["access_token"], "at-2");

    // What can be sent twice is tried with what there is.
    let server = accepting().await;
    push(&server.user(), "bytes").await.unwrap();
    assert_eq!(api_claims(&only(&server, IMPORT).await)["access_token"], "at-1");
    assert_eq!(server.count("/v1.7/oauth/token").await, 0);
}

#[tokio::test]
async fn pushes_are_not_repeated_after_a_server_failure() {
    for status in [408, 429, 500, 503] {
        let server = Server::start().await;
        server.post(IMPORT, ResponseTemplate::new(status)).await;
        let error = push(&long_lived(&server), "x").await.unwrap_err();
        assert_eq!((error.status(), error.attempts()), (Some(status), 1));
        assert_eq!(server.count(IMPORT).await, 1);
    }
}

#[tokio::test]
async fn other_refusals_do_not_refresh() {
    let server = Server::start().await;
    server.post(IMPORT, api_error(401, "InvalidClient")).await;
    server.issue("at-2", "rt-2").await;
    let error = push(&long_lived(&server), "x").await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(401)));
    assert_eq!(server.count("/v1.7/oauth/token").await, 0);
}

#[tokio::test]
async fn unreadable_content_is_the_callers_failure() {
    let server = accepting().await;
    let user = long_lived(&server);
    let broken = stream::iter([Ok(Bytes::from("begin")), Err(io::Error::other("disk on fire"))]);
    let error = push(&user, Content::stream(broken)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Body, "{error}");
    assert!(error.to_string().contains("disk on fire") && !error.is_retryable(), "{error}");

    let error = push(&user, Content::file("/nowhere/at/all")).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Body, Some(Operation::PushToLibrary)));
    assert_eq!(server.count("/v1.7/oauth/token").await, 0);
}

#[tokio::test]
async fn metadata_that_cannot_be_meant_sends_nothing() {
    let server = accepting().await;
    let long = PushMetadata::new("a/b").reference("x".repeat(10_000));
    for metadata in
        ["", "pdf", "/pdf", "application/", "a/b\r\nx: 1"].map(PushMetadata::new).into_iter().chain([long])
    {
        let error = long_lived(&server).push_to_library(&metadata, "x").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{metadata:?}");
    }
    assert!(server.mock.received_requests().await.unwrap().is_empty());
    // Any text is fine in a signed descriptor.
    let odd = PushMetadata::new("a/b").account("J\u{fc}rgen\r\n\u{1f600}").tag("\"");
    long_lived(&server).push_to_library(&odd, "x").await.unwrap();
}

// --- providers --------------------------------------------------------------

fn bundle() -> Value {
    json!({"resourceType": "Bundle", "type": "batch", "entry": [{
        "fullUrl": "urn:uuid:5f0c7a52-0d0e-4c3f-9f6b-0b1c2d3e4f50",
        "request": {"method": "POST", "url": "Observation"},
        "resource": {"resourceType": "Observation", "status": "final"},
    }]})
}

#[tokio::test]
async fn a_provider_push_names_account_and_version() {
    for (version, text) in [(FhirVersion::Stu3, "stu3"), (FhirVersion::V3_0_2, "3.0.2")] {
        let server = Server::start().await;
        let path = format!("{IMPORT}/h:accountId/fhir/{text}");
        server.post(&path, ResponseTemplate::new(201)).await;
        server.user().push_to_provider(&"37_push1".into(), version, &bundle()).await.unwrap();
        let request = only(&server, &path).await;
        assert_eq!(request.url.path(), path);
        assert_eq!(api_claims(&request), json!({"access_token": "at-1"}));
        assert_eq!(header(&request, "accountid"), Some("37_push1"));
        assert_eq!(header(&request, "accept"), Some("application/json"));
        assert_eq!(header(&request, "content-type"), Some("application/json"));
        assert_eq!(body(&request), bundle());
    }
}

#[tokio::test]
async fn a_provider_push_refreshes_but_is_not_retried() {
    let server = Server::start().await;
    let path = format!("{IMPORT}/h:accountId/fhir/stu3");
    server.once("POST", &path, invalid_token()).await;
    server.post(&path, ResponseTemplate::new(503)).await;
    server.issue("at-2", "rt-2").await;
    let error = server.user().push_to_provider(&"a".into(), FhirVersion::Stu3, &bundle()).await.unwrap_err();
    assert_eq!(error.status(), Some(503));
    assert_eq!(server.count(&path).await, 2);
}

#[tokio::test]
async fn only_json_objects_go_to_providers() {
    let server = Server::start().await;
    let user = server.user();
    for resource in [json!([]), json!("text"), json!(null), json!(1)] {
        let error = user.push_to_provider(&"a".into(), FhirVersion::Stu3, &resource).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Config, Some(Operation::PushToProvider)));
    }
    let error = user.push_to_provider(&"".into(), FhirVersion::Stu3, &bundle()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(server.mock.received_requests().await.unwrap().is_empty());
}

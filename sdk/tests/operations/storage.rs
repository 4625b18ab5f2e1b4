//! Storages: making, finding, listing, deleting.

use std::time::{SystemTime, UNIX_EPOCH};

use digime::storage::{StorageFiles, StorageFolder, StoragePath};
use digime::{AuthorizeOptions, Error, ErrorKind, Operation, StorageId};
use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use crate::independent::*;
use crate::support::*;

pub(crate) const ROOT: &str = "/v1/clouds/st-1/files/apps/demoapp";

pub(crate) fn files(server: &Server) -> StorageFiles {
    server.client().storage_files(&contract(), &StorageId::new("st-1"))
}

pub(crate) fn path(text: &str) -> StoragePath {
    StoragePath::new(text).unwrap()
}

fn folder(text: &str) -> StorageFolder {
    StorageFolder::new(text).unwrap()
}

/// A storage request is signed with the storage token and nothing else.
pub(crate) fn check_cloud_token(request: &Request) {
    let (head, payload) = bearer(request);
    assert_eq!(head, json!({"alg": "PS512", "typ": "at+jwt", "kid": "DemoContract01_demoapp_0"}));
    let issued = payload["iat"].as_i64().unwrap();
    assert_eq!(
        payload,
        json!({"sub": "demoapp", "iss": "DemoContract01", "aud": "cloud", "iat": issued, "exp": issued + 60})
    );
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    assert!((now - 300..=now).contains(&issued), "whole seconds");
}

#[tokio::test]
async fn the_storage_token_of_the_reference_has_the_same_form() {
    let jwt = vector_json("jwt.json")["request_cloud"].clone();
    let (head, payload) = verified(jwt["token"].as_str().unwrap());
    assert_eq!(head["kid"], "DemoContract01_demoapp_0");
    assert_eq!(payload["exp"].as_i64().unwrap() - payload["iat"].as_i64().unwrap(), 60);
}

#[tokio::test]
async fn a_provisional_storage_is_made_without_a_user() {
    let server = Server::start().await;
    server.post("/v1.7/storage", json_answer(json!({"id": "st-1", "kid": "k-1"}))).await;
    let storage = server.client().create_provisional_storage(&contract()).await.unwrap();
    assert_eq!((storage.id.as_str(), storage.kid.as_str()), ("st-1", "k-1"));
    let request = only(&server, "/v1.7/storage").await;
    assert_eq!(api_claims(&request), json!({}));
    assert_eq!(header(&request, "content-type"), Some("application/json"));
    assert_eq!(header(&request, "content-length"), Some("0"));

    let server = Server::start().await;
    server.post("/v1.7/storage", ResponseTemplate::new(503)).await;
    server.client().create_provisional_storage(&contract()).await.unwrap_err();
    assert_eq!(server.count("/v1.7/storage").await, 1, "a POST that creates is not repeated");
}

#[tokio::test]
async fn a_users_storage_is_found_with_a_refreshed_token() {
    let server = Server::start().await;
    server.once("GET", "/v1.7/storage", invalid_token()).await;
    server.get("/v1.7/storage", json_answer(json!({"id": "st-1", "kid": "k-1"}))).await;
    server.issue("at-2", "rt-2").await;
    let user = server.user();
    let storage = user.storage().await.unwrap();
    assert_eq!(user.storage_files(&storage.id).id(), &storage.id);
    let request = &server.requests("/v1.7/storage").await[1];
    assert_eq!(api_claims(request), json!({"access_token": "at-2"}));
    assert_eq!(header(request, "content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_storage_is_bound_by_the_authorization() {
    let server = Server::start().await;
    let token = sign(&server.jku(), &json!({"preauthorization_code": "pc-1"}));
    let answer = json!({"token": token, "session": {"key": SESSION, "expiry": 1}});
    server.post("/v1.7/oauth/authorize", json_answer(answer)).await;
    server.post("/v1.7/reference", json_answer(json!({"id": "sref-1"}))).await;
    let options = AuthorizeOptions::new("https://app.example/return").storage_id("st-1");
    let authorization = server.client().authorize_url(&contract(), options).await.unwrap();
    assert_eq!(body(&only(&server, "/v1.7/reference").await), json!({"type": "cloudId", "value": "st-1"}));
    assert!(authorization.url.query_pairs().any(|pair| pair == ("storageRef".into(), "sref-1".into())));
}

fn listed() -> Value {
    json!({"files": [{
        "id": "f-001", "name": "report.pdf", "originalName": "Report.pdf",
        "originalPath": "/apps/DemoApp/Docs/", "path": "/apps/demoapp/docs/",
    }], "total": 1})
}

#[tokio::test]
async fn listing_normalises_folders_and_strips_the_application() {
    for (asked, recursive, sent) in [
        (StorageFolder::root(), false, format!("{ROOT}/?recursive=false")),
        (folder("docs"), false, format!("{ROOT}/docs/?recursive=false")),
        (folder("/docs/2026/"), true, format!("{ROOT}/docs/2026/?recursive=true")),
        (folder("/d\u{fc}r+100%/"), true, format!("{ROOT}/d%C3%BCr+100%25/?recursive=true")),
    ] {
        let server = Server::start().await;
        let at = sent.split('?').next().unwrap().to_owned();
        server.get(&at, json_answer(listed())).await;
        let list = match recursive {
            true => files(&server).list_all(&asked).await.unwrap(),
            false => files(&server).list(&asked).await.unwrap(),
        };
        let request = only(&server, &at).await;
        assert_eq!(format!("{}?{}", request.url.path(), request.url.query().unwrap()), sent);
        check_cloud_token(&request);
        assert_eq!(header(&request, "accept"), Some("application/json"));
        assert_eq!(header(&request, "content-type"), None);
        let file = &list.files[0];
        assert_eq!((file.original_path.as_str(), file.path.as_str()), ("/Docs/", "/docs/"));
        assert_eq!(file.location().unwrap().as_str(), "/docs/report.pdf");
        assert_eq!(list.total, 1);
    }
}

#[tokio::test]
async fn listed_files_cannot_lead_astray() {
    for (folder, name) in [
        ("/docs/../../other/", "x"),
        ("/docs/", "../x"),
        ("/docs/", ".."),
        ("/docs/", ""),
        ("/do cs/", "x"),
        ("//", "x"),
    ] {
        let server = Server::start().await;
        let mut answer = listed();
        answer["files"][0]["path"] = json!(folder);
        answer["files"][0]["name"] = json!(name);
        server.get(&format!("{ROOT}/"), json_answer(answer)).await;
        let list = files(&server).list(&StorageFolder::root()).await.unwrap();
        assert_eq!(list.files[0].location().unwrap_err().kind(), ErrorKind::Config, "{folder} {name}");
    }
}

#[tokio::test]
async fn a_list_may_lack_files_but_not_the_total() {
    let list = |answer: Value| async move {
        let server = Server::start().await;
        server.get(&format!("{ROOT}/"), json_answer(answer)).await;
        files(&server).list(&StorageFolder::root()).await
    };
    assert!(list(json!({"total": 0})).await.unwrap().files.is_empty());
    for wrong in [json!({}), json!({"files": [], "total": "0"}), json!({"files": [{"id": "x"}], "total": 1})]
    {
        let error = list(wrong).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some(Operation::ListStorage)));
    }
}

#[tokio::test]
async fn listing_is_retried_with_a_token_of_its_own() {
    let server = Server::start().await;
    let at = format!("{ROOT}/");
    server.times(2, "GET", &at, ResponseTemplate::new(502)).await;
    server.get(&at, json_answer(listed())).await;
    files(&server).list(&StorageFolder::root()).await.unwrap();
    let requests = server.requests(&at).await;
    assert_eq!(requests.len(), 3);
    assert_ne!(header(&requests[0], "authorization"), header(&requests[1], "authorization"));
}

#[tokio::test]
async fn files_and_folders_are_deleted_by_different_paths() {
    let server = Server::start().await;
    for at in ["/docs/report.pdf", "/docs/", "/"] {
        server.on("DELETE", &format!("{ROOT}{at}"), ResponseTemplate::new(204)).await;
    }
    files(&server).delete_file(&path("/docs/report.pdf")).await.unwrap();
    files(&server).delete_folder(&folder("/docs")).await.unwrap();
    files(&server).delete_folder(&StorageFolder::root()).await.unwrap();
    for at in ["/docs/report.pdf", "/docs/", "/"] {
        let request = only(&server, &format!("{ROOT}{at}")).await;
        check_cloud_token(&request);
        assert!(request.body.is_empty());
    }
}

async fn refusal(answer: ResponseTemplate) -> Error {
    let server = Server::start().await;
    server.on("DELETE", &format!("{ROOT}/x"), answer).await;
    files(&server).delete_file(&path("x")).await.unwrap_err()
}

#[tokio::test]
async fn every_form_of_the_storage_hosts_errors_is_understood() {
    let answer = |body: Value| ResponseTemplate::new(404).set_body_json(body);
    for (body, code, message) in [
        (json!({"error": "NotFound", "message": "File not found"}), "NotFound", "File not found"),
        (json!({"error": "NotFound"}), "NotFound", ""),
        (json!({"message": "File not found"}), "DigiMeServerError", "File not found"),
        (json!({"error": {"code": "InvalidJWT", "message": "m", "reference": "r"}}), "InvalidJWT", "m"),
    ] {
        let error = refusal(answer(body.clone())).await;
        let api = error.api().unwrap();
        assert_eq!((api.code.as_str(), api.message.as_str(), api.status), (code, message, 404), "{body}");
        assert_eq!(error.operation(), Some(Operation::DeleteFromStorage));
    }
    for body in [json!({}), json!([]), json!({"message": 7}), json!("text")] {
        let error = refusal(answer(body.clone())).await;
        assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(404)));
        assert!(error.api().is_none(), "{body}");
    }
    let html = refusal(ResponseTemplate::new(401).set_body_string("<h1>no</h1>")).await;
    assert_eq!(html.response_body(), Some("<h1>no</h1>"));
}

#[test]
fn paths_are_checked() {
    for (text, folder) in [("", "/"), ("/", "/"), ("a", "/a/"), ("/a/b", "/a/b/"), ("a/b/", "/a/b/")] {
        assert_eq!(StorageFolder::new(text).unwrap().as_str(), folder, "{text}");
        assert_eq!(folder.parse::<StorageFolder>().unwrap(), StorageFolder::new(text).unwrap());
    }
    for text in ["//", "a//b", "/a/../b", ".", "/./", "a b", "a\tb", "a\nb", "a\\b", "a\u{a0}b"] {
        assert_eq!(StorageFolder::new(text).unwrap_err().kind(), ErrorKind::Config, "{text:?}");
        assert!(StoragePath::new(format!("{text}/x")).is_err(), "{text:?}");
    }
    for text in ["", "/", "a/", "..", "a/..", "a b", "//x", &"a".repeat(2_000)] {
        assert!(StoragePath::new(text).is_err(), "{text:?}");
    }
    assert_eq!(StoragePath::new("x").unwrap().folder(), StorageFolder::root());
    assert!(StorageFolder::root().file("a/b").is_err());
    assert_eq!(folder("a").file("b.c").unwrap(), path("/a/b.c"));
    // The longest path is that of the whole, not of its parts.
    let long = folder(&"d".repeat(1_000));
    assert_eq!(long.file("n".repeat(22)).unwrap().as_str().len(), 1_024);
    assert_eq!(long.file("n".repeat(23)).unwrap_err().kind(), ErrorKind::Config);
    assert!(StorageFolder::new("d".repeat(1_022)).is_ok() && StorageFolder::new("d".repeat(1_023)).is_err());
}

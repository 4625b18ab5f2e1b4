//! Sessions that expire, lists that lie, and reads that never end.

use std::time::Duration;

use digime::legacy::Generation;
use digime::{ErrorCode, ErrorKind, Operation, ReadAllOptions, SyncState};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::server::{Legacy, file, ok};
use crate::support::{SESSION, api_error, list};

fn quickly() -> ReadAllOptions {
    ReadAllOptions::new().poll_interval(Duration::from_millis(5)).deadline(Duration::from_millis(400))
}

#[tokio::test]
async fn a_session_that_expired_ends_the_read() {
    for generation in [Generation::V1_0, Generation::V1_4, Generation::V1_6] {
        let legacy = Legacy::start(generation).await;
        legacy.list(api_error(404, "SessionInvalid")).await;
        let error = legacy.files().read_all(quickly()).collect_all().await.unwrap_err();
        assert_eq!(error.api().unwrap().code, ErrorCode::SessionInvalid);
        assert!(error.to_string().contains("start a new session"), "{error}");
        let error = legacy.files().list().await.unwrap_err();
        assert_eq!(error.operation(), Some(Operation::ReadFileList));
    }
}

#[tokio::test]
async fn an_error_that_repeats_the_session_key_does_not_show_it() {
    let legacy = Legacy::start(Generation::V1_6).await;
    let echo =
        json!({"error": {"code": SESSION, "message": format!("no session {SESSION}"), "reference": SESSION}});
    legacy.list(ResponseTemplate::new(404).set_body_json(echo)).await;
    let error = legacy.files().list().await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("no session [redacted]") && !text.contains(SESSION), "{text}");
}

#[tokio::test]
async fn a_state_nobody_knows_is_not_final() {
    let legacy = Legacy::start(Generation::V1_4).await;
    legacy.list(ok(list("thinking", &[("a", 1)]))).await;
    legacy.file("a", file(Generation::V1_4, b"[]", None)).await;
    let known = legacy.files().list().await.unwrap();
    assert_eq!(known.status.state, SyncState::Unknown("thinking".to_owned()));
    let error = legacy.files().read_all(quickly()).collect_all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
}

#[tokio::test]
async fn a_list_that_never_comes_ends_by_the_deadline() {
    let legacy = Legacy::start(Generation::V1_5).await;
    legacy.list(ok(list("running", &[])).set_delay(Duration::from_secs(60))).await;
    let error = legacy.files().read_all(quickly()).collect_all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
}

#[tokio::test]
async fn lists_that_are_none_are_refused() {
    for (generation, body) in [
        (Generation::V1_0, json!([])),
        (Generation::V1_0, json!({"fileList": [5]})),
        (Generation::V1_0, json!({"fileList": "a"})),
        (Generation::V1_4, json!({})),
        (Generation::V1_4, json!({"fileList": ["a"]})),
        (Generation::V1_4, json!({"status": {}, "fileList": []})),
        (Generation::V1_6, json!({"status": {"state": "running"}, "fileList": [{"name": "a"}]})),
        (Generation::V1_6, json!({"status": {"state": 5}, "fileList": []})),
    ] {
        let legacy = Legacy::start(generation).await;
        legacy.list(ok(body.clone())).await;
        let error = legacy.files().list().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{generation} {body}");
    }
}

#[tokio::test]
async fn a_file_that_fails_does_not_stop_the_others() {
    for generation in [Generation::V1_0, Generation::V1_5] {
        let legacy = Legacy::start(generation).await;
        let body = match generation < Generation::V1_4 {
            true => json!({"fileList": ["../x", "a", "gone", "a"]}),
            false => list("partial", &[("../x", 1), ("a", 1), ("gone", 1), ("a", 1)]),
        };
        legacy.list(ok(body)).await;
        legacy.file("a", file(generation, b"[]", None)).await;
        legacy.file("gone", api_error(404, "NotFound")).await;
        let all = legacy.files().read_all(quickly()).collect_all().await.unwrap();
        assert_eq!(all.files.len(), 1, "named twice, read once");
        assert_eq!(all.files[0].name, "a");
        let mut failed: Vec<_> = all.failures.iter().map(|failure| failure.name.as_str()).collect();
        failed.sort_unstable();
        assert_eq!(failed, ["../x", "gone"]);
        assert_eq!(all.failures[0].name.sanitized().find('/'), None);
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let legacy = Legacy::start(Generation::V1_4).await;
    let elsewhere = ResponseTemplate::new(302).insert_header("location", "https://elsewhere.example/list");
    legacy.list(elsewhere).await;
    assert_eq!(legacy.files().list().await.unwrap_err().kind(), ErrorKind::UnexpectedResponse);
}

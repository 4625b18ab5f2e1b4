//! File lists with odd names, states, sizes and shapes.

use digime::{ErrorKind, FileName, Operation, ReadAllOptions, ReadEvent, SyncState};
use futures_util::StreamExt;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::support::*;

async fn serving(list: &Value) -> Server {
    let server = Server::start().await;
    server.file_list(ResponseTemplate::new(200).set_body_json(list)).await;
    server
}

async fn read(list: Value) -> Result<digime::FileList, digime::Error> {
    serving(&list).await.user().read_file_list(&session()).await
}

#[tokio::test]
async fn empty_lists_in_every_spelling() {
    for list in [
        json!({"status": {"state": "completed"}, "fileList": []}),
        json!({"status": {"state": "completed"}, "fileList": null}),
        json!({"status": {"state": "completed", "details": null}}),
        json!({"status": {"state": "completed", "details": {}}, "unknown": {"a": [1]}}),
    ] {
        let server = serving(&list).await;
        let all = server.user().read_all_files(&session(), ReadAllOptions::new()).collect_all().await;
        let all = all.unwrap();
        assert!(all.files.is_empty() && all.failures.is_empty());
        assert_eq!(all.status.state, SyncState::Completed);
    }
}

#[tokio::test]
async fn unknown_states_are_kept_and_not_final() {
    let list = read(json!({
        "status": {"state": "paused", "details": {"1_a": {"state": "sleeping"}}},
    }));
    let status = list.await.unwrap().status;
    assert_eq!(status.state, SyncState::Unknown("paused".to_owned()));
    assert!(!status.state.is_final());
    assert_eq!(status.details[&"1_a".into()].state.as_str(), "sleeping");
}

#[tokio::test]
async fn account_errors_need_no_more_than_a_code() {
    let list = read(json!({"status": {"state": "partial", "details": {
        "1_a": {"state": "partial", "error": {"code": "NewError", "extra": 1}},
        "1_b": {"state": "partial", "error": null},
        "1_c": {"state": "partial", "error": {
            "code": "ServiceAuthorizationError", "statusCode": 511, "reauth": true,
            "retryAfter": 1.5e300, "objectTypeErrors": [{"anything": true}],
        }},
    }}}));
    let details = list.await.unwrap().status.details;
    assert_eq!(details[&"1_a".into()].error.as_ref().unwrap().code, "NewError");
    assert_eq!(details[&"1_b".into()].error, None);
    let full = details[&"1_c".into()].error.clone().unwrap();
    assert_eq!((full.reauth, full.retry_after), (Some(true), Some(i64::MAX)));
}

#[tokio::test]
async fn lists_of_the_wrong_shape_name_the_field() {
    for (list, field) in [
        (json!([]), "file"),
        (json!({}), "status"),
        (json!({"status": {}}), "state"),
        (json!({"status": {"state": 1}}), "status.state"),
        (json!({"status": {"state": "running"}, "fileList": {}}), "fileList"),
        (json!({"status": {"state": "running"}, "fileList": ["a.json"]}), "fileList[0]"),
        (json!({"status": {"state": "running"}, "fileList": [{"name": "a"}]}), "updatedDate"),
        (json!({"status": {"state": "running"}, "fileList": [{"name": 1, "updatedDate": 1}]}), "name"),
    ] {
        let error = read(list.clone()).await.expect_err(field);
        assert_eq!(error.kind(), ErrorKind::Decode, "{list}: {error}");
        assert_eq!(error.operation(), Some(Operation::ReadFileList));
        assert!(error.to_string().contains(field) || field == "file", "{list}: {error}");
    }
}

#[tokio::test]
async fn dates_beyond_all_dates_saturate() {
    for (date, expected) in [
        (json!(1e300), i64::MAX),
        (json!(-1e300), i64::MIN),
        (json!(u64::MAX), i64::MAX),
        (json!(1.9), 1),
        (json!(-1), -1),
    ] {
        let list =
            read(json!({"status": {"state": "completed"}, "fileList": [{"name": "a", "updatedDate": date}]}));
        let entry = list.await.unwrap().files.remove(0);
        assert_eq!(entry.updated_date, expected);
        let _ = entry.updated_at();
    }
}

fn million_entries() -> Vec<u8> {
    let mut body = String::from(r#"{"status":{"state":"completed"},"fileList":["#);
    for number in 0..1_000_000 {
        let comma = if number == 0 { "" } else { "," };
        body.push_str(&format!(r#"{comma}{{"name":"{number}","updatedDate":1}}"#));
    }
    body.push_str("]}");
    body.into_bytes()
}

#[tokio::test]
async fn a_list_of_a_million_entries_is_read_and_can_be_abandoned() {
    let server = Server::start().await;
    server.file_list(ResponseTemplate::new(200).set_body_bytes(million_entries())).await;
    let user = server.user();
    let mut events = user.read_all_files(&session(), ReadAllOptions::new().concurrency(2));
    let mut failures = 0;
    while failures < 10 {
        match events.next().await.unwrap() {
            ReadEvent::File(Err(_)) => failures += 1,
            ReadEvent::Status(status) => assert_eq!(status.state, SyncState::Completed),
            other => panic!("{other:?}"),
        }
    }
    drop(events);
    assert!(server.mock.received_requests().await.unwrap().len() < 20);
}

#[tokio::test]
async fn a_list_beyond_the_limit_is_refused() {
    let server = Server::start().await;
    server.file_list(ResponseTemplate::new(200).set_body_bytes(million_entries())).await;
    let client = server.builder().max_json_size(1 << 20).build().unwrap();
    let user = client.user(&contract(), token("a", "r"));
    let error = user.read_file_list(&session()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(error.attempts(), 1);
}

const HOSTILE_NAMES: [&str; 14] = [
    "../../etc/passwd",
    "..\\..\\windows\\system32",
    "/etc/passwd",
    "C:\\boot.ini",
    ".hidden",
    "...",
    "con.json",
    "LPT1",
    "a\0b",
    "a\nb\u{1b}[31m",
    "a?x=1#y",
    "a%2f..%2fb",
    "\u{202e}nosj.exe",
    "a:stream",
];

#[test]
fn names_become_paths_only_when_sanitised() {
    let long = "x".repeat(10_000);
    for hostile in HOSTILE_NAMES.into_iter().chain(["", ".", "..", "ü", &long]) {
        let safe = FileName::new(hostile).sanitized();
        assert!(!safe.is_empty() && safe.len() <= 155, "{hostile:?} → {safe:?}");
        assert!(safe.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{safe:?}");
        assert!(!safe.starts_with('.') && !safe.ends_with('.'), "{safe:?}");
        assert_eq!(std::path::Path::new(&safe).components().count(), 1, "{safe:?}");
        assert_eq!(FileName::new(safe.clone()).sanitized(), safe, "sanitising twice changes nothing");
        let stem = safe.split('.').next().unwrap().to_ascii_lowercase();
        assert!(!["con", "prn", "aux", "nul", "lpt1"].contains(&stem.as_str()), "{safe:?}");
    }
}

#[tokio::test]
async fn names_stay_one_segment_of_the_request() {
    let server = Server::start().await;
    let user = server.user();
    let prefix = format!("/v1.7/permission-access/query/{SESSION}/");
    for hostile in HOSTILE_NAMES {
        server.mock.reset().await;
        let result = user.read_file(&session(), &name(hostile)).await;
        let requests = server.mock.received_requests().await.unwrap();
        match requests.as_slice() {
            [] => assert_eq!(result.unwrap_err().kind(), ErrorKind::Config, "{hostile:?}"),
            [request] => {
                let path = request.url.path();
                let rest = path.strip_prefix(&prefix).unwrap_or_else(|| panic!("{hostile:?}: {path}"));
                assert!(!rest.contains('/') && request.url.query().is_none(), "{hostile:?}: {path}");
            }
            more => panic!("{hostile:?}: {} requests", more.len()),
        }
    }
}

#[tokio::test]
async fn dot_segments_and_empty_names_are_never_requested() {
    let server = Server::start().await;
    let user = server.user();
    for hostile in ["", ".", "..", "\u{7}"] {
        let error = user.read_file(&session(), &name(hostile)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{hostile:?}");
        let error = user.read_file_list(&digime::SessionKey::new(hostile)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{hostile:?}");
    }
    assert_eq!(server.mock.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn one_impossible_name_does_not_spoil_the_others() {
    let server = serving(&list("completed", &[("..", 1), ("good.json", 1)])).await;
    server.file("good.json", file_answer(seal(b"[]"), None)).await;
    let all = server.user().read_all_files(&session(), ReadAllOptions::new()).collect_all().await.unwrap();
    assert_eq!(all.files.len(), 1);
    assert_eq!(all.failures.len(), 1);
    assert_eq!(all.failures[0].error.kind(), ErrorKind::Config);
}

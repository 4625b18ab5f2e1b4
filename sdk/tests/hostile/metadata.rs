//! `x-metadata` headers that are missing, repeated, huge or wrong.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use digime::{ErrorKind, FileMetadata, Operation};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::support::*;

const PLAIN: &[u8] = b"[1]";

async fn serving(headers: &[&str]) -> Server {
    let server = Server::start().await;
    let mut answer = ResponseTemplate::new(200).set_body_bytes(seal(PLAIN));
    for header in headers {
        answer = answer.append_header("x-metadata", *header);
    }
    server.file("f.json", answer.clone()).await;
    let head =
        headers.iter().fold(ResponseTemplate::new(200), |head, h| head.append_header("x-metadata", *h));
    server.on("HEAD", &file_path("f.json"), head).await;
    server
}

/// The error of every way to read, all alike; the raw bytes stay readable.
async fn error(headers: &[&str]) -> String {
    let server = serving(headers).await;
    let user = server.user();
    let whole = user.read_file(&session(), &name("f.json")).await.unwrap_err();
    let stream = user.read_file_stream(&session(), &name("f.json")).await.unwrap_err();
    let head = user.read_file_metadata(&session(), &name("f.json")).await.unwrap_err();
    for (error, operation) in
        [(&whole, Operation::ReadFile), (&stream, Operation::ReadFile), (&head, Operation::ReadFileMetadata)]
    {
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Metadata, Some(operation)), "{error}");
        assert!(!error.is_retryable() && error.to_string().contains("read_file_raw"), "{error}");
    }
    let raw = user.read_file_raw(&session(), &name("f.json")).await.unwrap();
    assert_eq!(raw.bytes, PLAIN, "the file is not lost");
    assert_eq!(raw.metadata_headers.len(), headers.len());
    whole.to_string()
}

async fn metadata(header: &str) -> FileMetadata {
    let server = serving(&[header]).await;
    let user = server.user();
    let file = user.read_file(&session(), &name("f.json")).await.unwrap();
    assert_eq!(user.read_file_metadata(&session(), &name("f.json")).await.unwrap(), file.metadata);
    file.metadata
}

async fn error_of(value: &Value) -> String {
    error(&[&b64(value.to_string())]).await
}

#[tokio::test]
async fn missing_repeated_and_unreadable_headers() {
    let good = x_metadata(None);
    for (headers, problem) in [
        (vec![], "missing"),
        (vec![good.as_str(), good.as_str()], "twice"),
        (vec![""], "metadata"),
        (vec!["!!!"], "not Base64"),
        (vec!["{\"metadata\":{}}"], "not Base64"),
        (vec!["YWJj"], "metadata is wrong"),
    ] {
        let text = error(&headers).await;
        assert!(text.contains(problem), "{headers:?}: {text}");
    }
    for not_json in ["", "<html>", "{", "[]", "null", "1", "{\"metadata\":{}} x"] {
        error(&[&b64(not_json)]).await;
    }
    error(&[&b64([0xff, 0xfe])]).await;
}

#[tokio::test]
async fn headers_beyond_256_kib_are_refused() {
    let huge = b64(json!({"metadata": {"objectType": "x".repeat(220_000)}}).to_string());
    assert!(huge.len() > 256 * 1024);
    assert!(error(&[&huge]).await.contains("256 KiB"));
}

#[tokio::test]
async fn a_header_of_a_mebibyte_fails_that_file_alone() {
    let server = Server::start().await;
    let mut huge = x_metadata(None);
    huge.push_str(&"A".repeat(1 << 20));
    let answer = file_answer(seal(PLAIN), None).insert_header("x-metadata", huge.as_str());
    server.file("huge.json", answer).await;
    server.file("good.json", file_answer(seal(PLAIN), None)).await;
    let user = server.user();
    let error = user.read_file(&session(), &name("huge.json")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    user.read_file(&session(), &name("good.json")).await.unwrap();
}

#[tokio::test]
async fn wrong_types_are_reported_with_their_field() {
    for (field, value) in [
        ("objectCount", json!("two")),
        ("objectCount", json!(null)),
        ("objectType", json!(7)),
        ("serviceGroup", json!({})),
        ("serviceName", json!(["spotify"])),
        ("schema", json!("digime")),
        ("schema.version", json!({"standard": "digime", "version": 1})),
        ("objectVersion", json!(1)),
    ] {
        let mut wrong = json!({"metadata": mapped()});
        wrong["metadata"][field.split('.').next().unwrap()] = value.clone();
        let text = error_of(&wrong).await;
        assert!(text.contains(&format!("`metadata.{field}`")), "{field} = {value}: {text}");
    }
    for field in ["objectCount", "objectType", "serviceGroup", "serviceName"] {
        let mut wrong = json!({"metadata": mapped()});
        wrong["metadata"].as_object_mut().unwrap().remove(field);
        assert!(error_of(&wrong).await.contains(&format!("missing field `{field}`")));
    }
    for (field, wrong) in [
        ("metadata", json!({})),
        ("metadata", json!({"metadata": null})),
        ("metadata", json!({"metadata": [1]})),
        ("compression", json!({"metadata": mapped(), "compression": 1})),
        ("metadata.accounts", json!({"metadata": {"mimetype": "a/b", "accounts": "one"}})),
        ("accounts", json!({"metadata": {"mimetype": "a/b"}})),
        ("accountid", json!({"metadata": {"mimetype": "a/b", "accounts": [{"accountId": "x"}]}})),
        ("metadata.tags", json!({"metadata": {"mimetype": "a/b", "accounts": [], "tags": "x"}})),
    ] {
        let text = error_of(&wrong).await;
        assert!(text.contains(field), "{wrong}: {text}");
    }
}

#[tokio::test]
async fn every_base64_is_read() {
    let text = json!({"metadata": mapped(), "note": "??>>~~ü"}).to_string();
    let headers = [b64(&text), URL_SAFE.encode(&text), STANDARD.encode(&text), STANDARD_NO_PAD.encode(&text)];
    for header in headers {
        let FileMetadata::Mapped(mapped) = metadata(&header).await else { panic!("{header}") };
        assert_eq!((mapped.object_count, mapped.object_type.as_str()), (2, "playhistory"));
    }
}

#[tokio::test]
async fn raw_metadata_has_lower_case_keys() {
    let header = b64(json!({"metadata": {
        "mimetype": "application/pdf", "accounts": [{"accountid": "a-1", "new": 1}],
        "reference": ["r-1"], "tags": ["t-1"], "contractid": "c-1", "appid": "app",
        "created": 1_614_945_600_000.5, "providername": "later",
    }})
    .to_string());
    let FileMetadata::Raw(raw) = metadata(&header).await else { panic!("not raw") };
    assert_eq!((raw.mime_type.as_str(), raw.created), ("application/pdf", Some(1_614_945_600_000)));
    assert_eq!(raw.accounts[0].account_id, "a-1");
    assert_eq!((raw.app_id.as_deref(), raw.contract_id.as_deref()), (Some("app"), Some("c-1")));
    assert_eq!(raw.other["providername"], "later");
}

#[tokio::test]
async fn unknown_forms_are_passed_on() {
    for form in [json!({}), json!({"kind": "new", "mimeType": "a/b"})] {
        let header = b64(json!({"metadata": form, "size": 3}).to_string());
        assert_eq!(metadata(&header).await, FileMetadata::Unknown(form));
    }
}

#[tokio::test]
async fn errors_do_not_repeat_the_metadata() {
    let mut wrong = json!({"metadata": mapped()});
    wrong["metadata"]["objectCount"] = json!("hush-hush");
    assert!(!error_of(&wrong).await.contains("hush"));
}

//! Lists, files, accounts, and everything of a session.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use digime::legacy::Generation;
use digime::{Compression, FileMetadata, ReadAllOptions, ReadEvent, SyncState};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Value, json};
use wiremock::{Request, Respond, ResponseTemplate};

use crate::independent::header;
use crate::server::{ALL, Legacy, binary, file, name, ok, sealed};
use crate::support::{SESSION, b64, list};

fn quickly() -> ReadAllOptions {
    ReadAllOptions::new().poll_interval(Duration::from_millis(5)).deadline(Duration::from_secs(30))
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

fn brotli(plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &plain[..], &mut out, &Default::default()).unwrap();
    out
}

fn accounts() -> Value {
    json!({
        "accounts": [
            {"id": "1_1", "name": "Ada", "number": "12-34", "service": {"name": "examplegram", "logo": "l"}},
            {"id": "2_2"},
        ],
        "consentid": "consent-1",
    })
}

#[tokio::test]
async fn lists_before_v1_4_are_names_and_complete() {
    for generation in [Generation::V1, Generation::V1_0, Generation::V1_3] {
        let legacy = Legacy::start(generation).await;
        legacy.list(ok(json!({"fileList": ["a.json", "b.json"]}))).await;
        let list = legacy.files().list().await.unwrap();
        assert_eq!(list.status.state, SyncState::Completed);
        let entries: Vec<_> = list.files.iter().map(|file| (file.name.as_str(), file.updated_date)).collect();
        assert_eq!(entries, [("a.json", 0), ("b.json", 0)]);
        let sent = legacy.asked(&format!("permission-access/query/{SESSION}")).await.remove(0);
        assert!(!sent.headers.contains_key("authorization"));
        assert_eq!(header(&sent, "accept"), Some("application/json"));
    }
}

#[tokio::test]
async fn errors_of_accounts_are_read_in_every_form() {
    let error = |error: Value| json!({"state": "partial", "error": error});
    let body = json!({
        "status": {"state": "partial", "details": {
            "1": error(json!({
                "code": "ServiceError", "statusCode": 429, "statuscode": 429, "message": "later",
                "error": {"message": "inner", "retryafter": 1_614_946_500_000_i64},
            })),
            "2": error(json!({"code": "ServiceError", "statuscode": 511})),
            "3": error(json!({"status": "SourceError", "statusCode": 500, "message": "m"})),
            "4": error(json!({})),
            "5": error(Value::Null),
        }},
        "fileList": null,
    });
    let legacy = Legacy::start(Generation::V1_6).await;
    legacy.list(ok(body)).await;
    let list = legacy.files().list().await.unwrap();
    assert!(list.files.is_empty());
    let read = |id: &str| {
        let error = list.status.details[&id.into()].error.as_ref().unwrap();
        (error.code.clone(), error.status_code, error.message.clone(), error.retry_after)
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(read("1"), ("ServiceError".into(), Some(429), text("later"), Some(1_614_946_500_000)));
    assert_eq!(read("2"), ("ServiceError".into(), Some(511), None, None));
    assert_eq!(read("3"), ("SourceError".into(), Some(500), text("m"), None));
    assert_eq!(read("4"), (String::new(), None, None, None));
    assert_eq!(list.status.details[&"5".into()].error, None);
}

#[tokio::test]
async fn files_of_every_generation_are_opened() {
    for generation in ALL {
        for (payload, label, compression) in [
            (b"[1,2]".to_vec(), None, Compression::None),
            (gzip(b"[1,2]"), Some(json!("gzip")), Compression::Gzip),
            (brotli(b"[1,2]"), Some(json!("brotli")), Compression::Brotli),
        ] {
            let legacy = Legacy::start(generation).await;
            legacy.file("f.json", file(generation, &payload, label)).await;
            let read = legacy.files().read(&name("f.json")).await.unwrap();
            assert_eq!((read.bytes().as_ref(), read.compression), (&b"[1,2]"[..], compression));
            assert!(matches!(read.metadata, FileMetadata::Mapped(_)));
            let raw = legacy.files().read_raw(&name("f.json")).await.unwrap();
            assert_eq!(raw.bytes, payload);
            let stream = legacy.files().stream(&name("f.json")).await.unwrap();
            assert_eq!(stream.name(), &name("f.json"));
            let pieces: Vec<_> = stream.try_collect().await.unwrap();
            assert_eq!(pieces.concat(), b"[1,2]");
            let sent = legacy.asked(&format!("permission-access/query/{SESSION}/f.json")).await.remove(0);
            let accept =
                if generation < Generation::V1_5 { "application/json" } else { "application/octet-stream" };
            assert_eq!(header(&sent, "accept"), Some(accept));
            assert!(!sent.headers.contains_key("authorization"));
        }
    }
}

#[tokio::test]
async fn accounts_of_every_generation_are_read() {
    for generation in ALL {
        let plain = accounts().to_string();
        let answers = match generation < Generation::V1_5 {
            // The envelope may say nothing but its content.
            true => {
                let bare = ok(json!({"fileContent": base64_of(&sealed(plain.as_bytes()))}));
                vec![
                    file(generation, plain.as_bytes(), None),
                    bare,
                    file(generation, &gzip(plain.as_bytes()), Some(json!("gzip"))),
                ]
            }
            false => vec![
                file(generation, plain.as_bytes(), None),
                ResponseTemplate::new(200)
                    .insert_header("x-metadata", b64("{}"))
                    .set_body_bytes(sealed(plain.as_bytes())),
                file(generation, &gzip(plain.as_bytes()), Some(json!("gzip"))),
            ],
        };
        for answer in answers {
            let legacy = Legacy::start(generation).await;
            legacy.file("accounts.json", answer).await;
            let read = legacy.files().accounts().await.unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), accounts(), "{generation}");
            assert_eq!(read.accounts[1].service, None);
        }
    }
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Answers with one list after the other, the last one for ever.
struct Lists(Vec<Value>, AtomicUsize);

impl Respond for Lists {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let turn = self.1.fetch_add(1, Ordering::SeqCst).min(self.0.len() - 1);
        ok(self.0[turn].clone())
    }
}

async fn downloads(legacy: &Legacy, name: &str) -> usize {
    legacy.asked(&format!("permission-access/query/{SESSION}/{name}")).await.len()
}

#[tokio::test]
async fn everything_is_read_and_again_if_it_grew() {
    for generation in [Generation::V1_4, Generation::V1_5, Generation::V1_6] {
        let legacy = Legacy::start(generation).await;
        let lists = vec![
            json!({"status": {"state": "pending"}}),
            list("running", &[("a", 1)]),
            list("running", &[("a", 1)]),
            list("running", &[("a", 2)]),
            list("completed", &[("a", 2), ("b", 1)]),
        ];
        legacy.list(Lists(lists, AtomicUsize::new(0))).await;
        for file_name in ["a", "b"] {
            legacy.file(file_name, file(generation, b"[]", None)).await;
        }
        let events: Vec<_> = legacy.files().read_all(quickly()).collect().await;
        let files = events.iter().filter(|event| matches!(event, ReadEvent::File(Ok(_)))).count();
        assert_eq!(files, 3, "{generation}");
        assert!(
            matches!(events.last(), Some(ReadEvent::Finished(status)) if status.state == SyncState::Completed)
        );
        assert_eq!((downloads(&legacy, "a").await, downloads(&legacy, "b").await), (2, 1));
        assert!(
            legacy
                .asked(&format!("permission-access/query/{SESSION}"))
                .await
                .iter()
                .all(|request| !request.headers.contains_key("authorization"))
        );
    }
}

#[tokio::test]
async fn a_list_of_names_is_read_once() {
    let legacy = Legacy::start(Generation::V1_0).await;
    legacy.list(ok(json!({"fileList": ["a", "b", "a"]}))).await;
    for file_name in ["a", "b"] {
        legacy.file(file_name, file(Generation::V1_0, b"[]", None)).await;
    }
    let all = legacy.files().read_all(quickly()).collect_all().await.unwrap();
    assert_eq!((all.files.len(), all.failures.len()), (2, 0));
    assert_eq!(downloads(&legacy, "a").await, 1, "named twice, read once");
    assert_eq!(legacy.asked(&format!("permission-access/query/{SESSION}")).await.len(), 1);
}

#[tokio::test]
async fn lists_are_polled_every_three_seconds() {
    let legacy = Legacy::start(Generation::V1_5).await;
    let lists = vec![list("running", &[]), list("completed", &[])];
    legacy.list(Lists(lists, AtomicUsize::new(0))).await;
    let started = tokio::time::Instant::now();
    legacy.files().read_all(ReadAllOptions::new()).collect_all().await.unwrap();
    let took = started.elapsed();
    assert!(took >= Duration::from_secs(3) && took < Duration::from_secs(6), "{took:?}");
}

#[tokio::test]
async fn a_large_file_is_streamed_in_small_pieces() {
    let legacy = Legacy::start(Generation::V1_6).await;
    let plain: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    legacy.file("f", binary(sealed(&plain), None)).await;
    let mut stream = legacy.files().stream(&name("f")).await.unwrap();
    let (mut seen, mut longest) = (Vec::new(), 0);
    while let Some(piece) = stream.next().await {
        let piece = piece.unwrap();
        longest = longest.max(piece.len());
        seen.extend_from_slice(&piece);
    }
    assert!(seen == plain && longest < 1024 * 1024, "{} bytes, pieces up to {longest}", seen.len());
}

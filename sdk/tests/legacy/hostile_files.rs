//! Files that are not what they should be.

use std::time::Duration;

use digime::legacy::Generation;
use digime::{Error, ErrorKind, Operation};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::server::{Legacy, binary, envelope, file, name, ok, sealed};
use crate::support::{b64, mapped, raw_server, seal, write_all};

const BOTH: [Generation; 2] = [Generation::V1_4, Generation::V1_6];

async fn read(generation: Generation, answer: ResponseTemplate) -> Result<digime::File, Error> {
    let legacy = Legacy::start(generation).await;
    legacy.file("f", answer).await;
    legacy.files().read(&name("f")).await
}

fn answer(generation: Generation, container: Vec<u8>) -> ResponseTemplate {
    match generation < Generation::V1_5 {
        true => envelope(&container, None),
        false => binary(container, None),
    }
}

fn flip(mut container: Vec<u8>, at: usize) -> Vec<u8> {
    container[at] ^= 1;
    container
}

/// Containers that must not be opened.
fn broken() -> Vec<(&'static str, Vec<u8>)> {
    let sound = sealed(b"[1, 2, 3]");
    let mut wrong_hash = vec![0; 64];
    wrong_hash.extend_from_slice(b"[1, 2, 3]");
    vec![
        ("hash of something else", seal(&wrong_hash)),
        ("no hash", seal(b"[1, 2, 3]")),
        ("63 bytes of content", seal(&[0; 63])),
        ("a v1.7 container of 352 bytes", seal(&[7; 70])),
        ("first byte of the IV changed", flip(sound.clone(), 256)),
        ("hash changed", flip(sound.clone(), 272)),
        ("content changed", flip(sound.clone(), 272 + 48)),
        ("key changed", flip(sound.clone(), 10)),
        ("padding changed", flip(sound.clone(), sound.len() - 1)),
        ("one byte short", sound[..sound.len() - 1].to_vec()),
        ("one byte more", [&sound[..], &[0]].concat()),
        ("a block short", sound[..sound.len() - 16].to_vec()),
        ("a block more", [&sound[..], &[0; 16]].concat()),
        ("336 bytes", sound[..336].to_vec()),
        ("head only", sound[..272].to_vec()),
        ("255 bytes", sound[..255].to_vec()),
        ("nothing", Vec::new()),
        ("zeros", vec![0; 352]),
    ]
}

#[tokio::test]
async fn a_broken_container_is_one_error_without_detail() {
    for generation in BOTH {
        let mut texts = std::collections::BTreeSet::new();
        for (what, container) in broken() {
            let error = read(generation, answer(generation, container)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decrypt, "{generation} {what}: {error}");
            assert_eq!(error.operation(), Some(Operation::ReadFile));
            texts.insert(error.to_string().replace(|c: char| c.is_ascii_digit(), ""));
        }
        assert_eq!(texts.len(), 1, "{texts:?}");
        // The smallest one is sound.
        assert_eq!(sealed(b"").len(), 352);
        assert!(read(generation, answer(generation, sealed(b""))).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_stream_does_not_end_well_before_the_hash_is_checked() {
    let payload: Vec<u8> = (0..500_000_u32).flat_map(u32::to_le_bytes).collect();
    let mut wrong = sealed(&payload);
    wrong[300] ^= 1;
    let legacy = Legacy::start(Generation::V1_5).await;
    legacy.file("f", binary(wrong, None)).await;
    let mut stream = legacy.files().stream(&name("f")).await.unwrap();
    let mut received = 0;
    let mut last = None;
    while let Some(piece) = stream.next().await {
        match piece {
            Ok(piece) => received += piece.len(),
            Err(error) => last = Some(error),
        }
    }
    assert_eq!(last.expect("an error at the end").kind(), ErrorKind::Decrypt);
    assert!(received > 0, "pieces come before the check");
    assert!(stream.next().await.is_none());
    // Up to v1.4 nothing is given out unchecked.
    let legacy = Legacy::start(Generation::V1_4).await;
    legacy.file("f", envelope(&seal(&[0; 200]), None)).await;
    assert_eq!(legacy.files().stream(&name("f")).await.unwrap_err().kind(), ErrorKind::Decrypt);
}

#[tokio::test]
async fn a_raw_read_checks_the_hash_too() {
    for generation in BOTH {
        let legacy = Legacy::start(generation).await;
        legacy.file("f", answer(generation, seal(&[0; 200]))).await;
        assert_eq!(legacy.files().read_raw(&name("f")).await.unwrap_err().kind(), ErrorKind::Decrypt);
    }
}

#[tokio::test]
async fn an_envelope_without_encrypted_content_is_refused() {
    for content in [
        json!({}),
        json!({"fileContent": null}),
        json!({"fileContent": 5}),
        json!({"fileContent": [{"plain": true}]}),
        json!({"fileContent": {"accounts": []}}),
        json!({"fileContent": "not Base64!"}),
        json!({"fileContent": "AAAA BBBB"}),
    ] {
        let error = read(Generation::V1_4, ok(content.clone())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{content}: {error}");
        let legacy = Legacy::start(Generation::V1_4).await;
        legacy.file("accounts.json", ok(content)).await;
        let error = legacy.files().accounts().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some(Operation::ReadAccounts)));
    }
    let error =
        read(Generation::V1_4, ResponseTemplate::new(200).set_body_string("<html>")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(
        read(Generation::V1_4, ok(json!({"fileContent": ""}))).await.unwrap_err().kind(),
        ErrorKind::Decrypt
    );
}

#[tokio::test]
async fn line_breaks_in_base64_do_no_harm() {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(sealed(b"[1]"));
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    for content in [lines.join("\r\n"), lines.join("\n") + "\n", text.trim_end_matches('=').to_owned()] {
        let body = json!({"fileContent": content, "fileMetadata": mapped()});
        assert_eq!(read(Generation::V1_4, ok(body)).await.unwrap().bytes(), "[1]");
    }
}

#[tokio::test]
async fn what_a_compression_label_says_is_done_or_refused() {
    for generation in BOTH {
        for none in [Value::Null, json!(""), json!("no-compression")] {
            let read = read(generation, file(generation, b"[1]", Some(none))).await;
            assert_eq!(read.unwrap().bytes(), "[1]");
        }
        for unknown in [json!("zstd"), json!("GZIP"), json!(1), json!({})] {
            let legacy = Legacy::start(generation).await;
            legacy.file("f", file(generation, b"[1]", Some(unknown.clone()))).await;
            let error = legacy.files().read(&name("f")).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Metadata, "{unknown}");
            assert_eq!(legacy.files().read_raw(&name("f")).await.unwrap().bytes, "[1]");
        }
        for wrong in [json!("gzip"), json!("brotli")] {
            let error = read(generation, file(generation, b"[1, 2, 3]", Some(wrong))).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decompress);
        }
    }
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

#[tokio::test]
async fn a_file_that_grows_beyond_the_limit_is_refused() {
    let bomb = gzip(&vec![0; 4 * 1024 * 1024]);
    assert!(bomb.len() < 8 * 1024);
    for generation in BOTH {
        for (payload, label) in [(bomb.clone(), Some(json!("gzip"))), (vec![b'1'; 100_000], None)] {
            let legacy = Legacy::start(generation).await;
            legacy.file("f", file(generation, &payload, label)).await;
            let client = legacy.server.builder().max_file_size(50_000).build().unwrap().legacy(generation);
            let files = client.session_files(&crate::support::contract(), &crate::server::key());
            assert_eq!(files.read(&name("f")).await.unwrap_err().kind(), ErrorKind::TooLarge, "{generation}");
            let streamed = match files.stream(&name("f")).await {
                Ok(stream) => stream.try_collect::<Vec<_>>().await.map(drop),
                Err(error) => Err(error),
            };
            assert_eq!(streamed.unwrap_err().kind(), ErrorKind::TooLarge);
        }
    }
    // An envelope is JSON, and has the limit of JSON.
    let legacy = Legacy::start(Generation::V1_4).await;
    legacy.file("f", file(Generation::V1_4, &[b'1'; 100_000], None)).await;
    let client = legacy.server.builder().max_json_size(50_000).build().unwrap().legacy(Generation::V1_4);
    let files = client.session_files(&crate::support::contract(), &crate::server::key());
    assert_eq!(files.read(&name("f")).await.unwrap_err().kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn metadata_that_is_no_metadata_is_refused_and_the_file_not_lost() {
    let with = |header: Option<String>| {
        let answer = ResponseTemplate::new(200).set_body_bytes(sealed(b"[1]"));
        match header {
            Some(header) => answer.insert_header("x-metadata", header),
            None => answer,
        }
    };
    for header in [
        None,
        Some("!".to_owned()),
        Some(b64("no JSON")),
        Some(b64("[]")),
        Some(b64(r#"{"metadata":"text"}"#)),
        Some(b64(r#"{"metadata":{"objectCount":"two"}}"#)),
        Some(b64(r#"{"metadata":{"mimetype":5}}"#)),
    ] {
        let legacy = Legacy::start(Generation::V1_5).await;
        legacy.file("f", with(header.clone())).await;
        let error = legacy.files().read(&name("f")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Metadata, "{header:?}: {error}");
        assert_eq!(legacy.files().stream(&name("f")).await.unwrap_err().kind(), ErrorKind::Metadata);
        assert_eq!(legacy.files().read_raw(&name("f")).await.unwrap().bytes, "[1]");
    }
    let body = json!({"fileContent": Value::Null, "fileMetadata": 5});
    assert_eq!(read(Generation::V1_4, ok(body)).await.unwrap_err().kind(), ErrorKind::Metadata);
}

#[tokio::test]
async fn accounts_that_are_none_are_refused() {
    for generation in BOTH {
        let unlabelled = gzip(br#"{"accounts":[]}"#);
        for payload in
            [&b"[]"[..], b"[[]]", b"{}", b"{\"accounts\":[5]}", b"{\"accounts\":{}}", b"nothing", &unlabelled]
        {
            let legacy = Legacy::start(generation).await;
            legacy.file("accounts.json", file(generation, payload, None)).await;
            let error = legacy.files().accounts().await.unwrap_err();
            assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some(Operation::ReadAccounts)));
        }
    }
}

#[tokio::test]
async fn names_do_not_leave_their_folder() {
    let legacy = Legacy::start(Generation::V1_4).await;
    for bad in ["", ".", "..", "a\nb"] {
        assert_eq!(legacy.files().read(&name(bad)).await.unwrap_err().kind(), ErrorKind::Config, "{bad:?}");
    }
    assert_eq!(legacy.files().read(&name("../../oauth/token")).await.unwrap_err().status(), Some(404));
    let sent = legacy.server.mock.received_requests().await.unwrap();
    assert!(sent.iter().all(|request| request.url.path().ends_with("/..%2F..%2Foauth%2Ftoken")), "{sent:?}");
    let session = digime::SessionKey::new("..");
    let files = legacy.client().session_files(&crate::support::contract(), &session);
    assert_eq!(files.list().await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn a_download_that_stalls_ends() {
    for generation in BOTH {
        let origin = raw_server(|mut socket, _| async move {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: 5000\r\nx-metadata: {}\r\n\r\n{{\"fileContent\":\"AAAA",
                b64("{}")
            );
            write_all(&mut socket, head).await;
            tokio::time::sleep(Duration::from_secs(60)).await;
        })
        .await;
        let client = digime::Client::builder("app")
            .origin(origin)
            .retry(digime::RetryPolicy::never())
            .read_timeout(Duration::from_millis(200))
            .build()
            .unwrap()
            .legacy(generation);
        let files = client.session_files(&crate::support::contract(), &crate::server::key());
        assert_eq!(files.read(&name("f")).await.unwrap_err().kind(), ErrorKind::Timeout, "{generation}");
    }
}

#[tokio::test]
async fn a_download_that_breaks_off_is_repeated() {
    for generation in BOTH {
        let legacy = Legacy::start(generation).await;
        let path = legacy.path(&format!("permission-access/query/{}/f", crate::support::SESSION));
        legacy.server.once("GET", &path, ResponseTemplate::new(503)).await;
        legacy.file("f", file(generation, b"[1]", None)).await;
        assert_eq!(legacy.files().read(&name("f")).await.unwrap().bytes(), "[1]");
    }
}

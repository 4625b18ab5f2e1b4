//! Files on their way into a storage and out of it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use digime::{Content, ErrorKind, Operation};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wiremock::{Respond, ResponseTemplate};

use crate::independent::*;
use crate::push::temporary;
use crate::storage::{ROOT, check_cloud_token, files, path};
use crate::support::*;

fn target() -> String {
    format!("{ROOT}/docs/report.pdf")
}

async fn accepting() -> Server {
    let server = Server::start().await;
    server.post(&target(), ResponseTemplate::new(201).set_body_json(json!({"id": "f-9"}))).await;
    server
}

async fn uploaded(content: impl Into<Content>) -> Vec<u8> {
    let server = accepting().await;
    let done = files(&server).upload(&path("/docs/report.pdf"), content).await.unwrap();
    assert_eq!(done.id.as_deref(), Some("f-9"));
    only(&server, &target()).await.body
}

#[tokio::test]
async fn an_upload_is_exactly_as_documented() {
    let server = accepting().await;
    files(&server).upload(&path("/docs/report.pdf"), "content").await.unwrap();
    let request = only(&server, &target()).await;
    check_cloud_token(&request);
    assert_eq!(header(&request, "accept"), Some("application/json"));
    assert_eq!(header(&request, "content-type"), Some("application/octet-stream"));
    assert_eq!(header(&request, "transfer-encoding"), Some("chunked"));
}

/// Opened with other libraries than the SDK's, and sealed again with them.
#[tokio::test]
async fn containers_are_those_of_the_reference() {
    for size in [0, 1, 15, 16, 17, 255, 65_535, 65_536, 65_537, 300_000] {
        let plain: Vec<u8> = (0..size).map(|n| (n % 253) as u8).collect();
        let container = uploaded(plain.clone()).await;
        assert_eq!(container.len(), 272 + 16 * (size / 16 + 1), "size of {size}");
        let (key, iv, found) = opened(&container);
        assert_eq!(key.len(), 32);
        assert!(found == plain, "{size}");
        assert!(encrypted(&key, &iv, &plain) == container[272..], "{size}");
    }
}

#[tokio::test]
async fn every_origin_of_content_gives_the_same_container() {
    let plain: Vec<u8> = (0..200_000_u32).map(|n| (n % 241) as u8).collect();
    let file = temporary(&plain);
    let pieces: Vec<_> =
        plain.chunks(13).map(|piece| io::Result::Ok(Bytes::copy_from_slice(piece))).collect();
    for content in [
        Content::bytes(plain.clone()),
        Content::file(&file),
        Content::reader(io::Cursor::new(plain.clone())),
        Content::stream(stream::iter(pieces)),
    ] {
        assert!(opened(&uploaded(content).await).2 == plain);
    }
}

#[tokio::test]
async fn no_two_uploads_share_key_or_iv() {
    let (first_key, first_iv, _) = opened(&uploaded("same").await);
    let (second_key, second_iv, _) = opened(&uploaded("same").await);
    assert_ne!(first_key, second_key);
    assert_ne!(first_iv, second_iv);
}

#[tokio::test]
async fn answers_to_an_upload_may_say_nothing() {
    for answer in ["", "{}", "[]", "null", "{\"id\":7}", "created"] {
        let server = Server::start().await;
        server.post(&target(), ResponseTemplate::new(201).set_body_string(answer)).await;
        let done = files(&server).upload(&path("/docs/report.pdf"), "x").await.unwrap();
        assert_eq!(done.id, None, "{answer}");
    }
}

#[tokio::test]
async fn uploads_are_not_repeated() {
    let server = Server::start().await;
    server.post(&target(), ResponseTemplate::new(503)).await;
    let error = files(&server).upload(&path("/docs/report.pdf"), "x").await.unwrap_err();
    assert_eq!((error.status(), error.operation()), (Some(503), Some(Operation::UploadToStorage)));
    assert_eq!(server.count(&target()).await, 1);
}

#[tokio::test]
async fn an_unreadable_body_never_becomes_a_whole_container() {
    let server = accepting().await;
    let broken = stream::iter([Ok(Bytes::from("begin")), Err(io::Error::other("disk on fire"))]);
    let error = files(&server).upload(&path("/docs/report.pdf"), Content::stream(broken)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Body, "{error}");
    assert_eq!(server.count(&target()).await, 0, "the chunked body has no end, so it is no request");
}

/// The upload reads its source only as fast as the server takes it.
#[tokio::test]
async fn uploads_need_constant_memory() {
    let origin = raw_server(|mut socket, _| async move {
        // Takes a little, then nothing for a while.
        let mut buffer = [0; 4096];
        let _ = socket.read(&mut buffer).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        let _ = socket.shutdown().await;
    })
    .await;
    let client = digime::Client::builder(APP)
        .origin(origin)
        .timeout(Duration::from_millis(300))
        .download_timeout(Duration::from_millis(300))
        .build()
        .unwrap();
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let endless = stream::repeat_with(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        io::Result::Ok(Bytes::from_static(&[0; 64 * 1024]))
    });
    let files = client.storage_files(&contract(), &"st-1".into());
    let error = files.upload(&path("/x"), Content::stream(endless)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    // Socket buffers of both sides, and no more: far from the gigabytes offered.
    let pieces = taken.load(Ordering::Relaxed);
    assert!((1..1_000).contains(&pieces), "{pieces} pieces were taken");
}

// --- downloads ----------------------------------------------------------------

async fn serving(answer: impl Respond + 'static) -> Server {
    let server = Server::start().await;
    server.get(&target(), answer).await;
    server
}

fn container(bytes: Vec<u8>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_bytes(bytes)
}

#[tokio::test]
async fn downloads_decrypt_the_vectors_without_decompressing() {
    for (name, expected) in [
        ("file-none.enc", vector("plaintext.json")),
        ("file-gzip.enc", vector("plaintext.json.gz")),
        ("file-brotli.enc", vector("plaintext.json.br")),
        ("file-min288.enc", b"[]".to_vec()),
        ("file-empty288.enc", Vec::new()),
    ] {
        let server = serving(container(vector(name))).await;
        let file = path("/docs/report.pdf");
        assert!(files(&server).download(&file).await.unwrap() == expected, "{name}");
        let streamed: Vec<Bytes> =
            files(&server).download_stream(&file).await.unwrap().try_collect().await.unwrap();
        assert!(streamed.concat() == expected, "{name}");
        let request = &server.requests(&target()).await[0];
        check_cloud_token(request);
        assert_eq!(header(request, "accept"), Some("application/octet-stream"));
    }
}

#[tokio::test]
async fn what_was_uploaded_comes_back() {
    let plain: Vec<u8> = (0..100_000_u32).map(|n| (n % 239) as u8).collect();
    let server = serving(container(uploaded(plain.clone()).await)).await;
    assert!(files(&server).download(&path("/docs/report.pdf")).await.unwrap() == plain);
}

/// The official SDK decrypts error bodies; a short one gives an empty file.
#[tokio::test]
async fn the_status_is_looked_at_first() {
    for status in [400, 401, 403, 404] {
        let answer = ResponseTemplate::new(status).set_body_json(json!({"error": "NotFound"}));
        let server = serving(answer).await;
        let file = path("/docs/report.pdf");
        for error in [
            files(&server).download(&file).await.unwrap_err(),
            files(&server).download_stream(&file).await.unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(status)));
            assert_eq!(error.operation(), Some(Operation::DownloadFromStorage));
        }
    }
}

#[tokio::test]
async fn unsound_containers_are_one_error() {
    let sound = vector("file-none.enc");
    let mut flipped = sound.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let mut longer = sound.clone();
    longer.extend([0; 16]);
    let mut cases: Vec<Vec<u8>> =
        [0, 1, 255, 256, 271, 272, 287, 289, 639].iter().map(|length| sound[..*length].to_vec()).collect();
    cases.extend([
        flipped,
        longer,
        vec![0; 288],
        seal_with(&[1; 16], &[0; 16]),
        seal_with(&[1; 33], &[0; 16]),
    ]);
    let mut texts = std::collections::HashSet::new();
    for bytes in cases {
        let length = bytes.len();
        let server = serving(container(bytes)).await;
        let error = files(&server).download(&path("/docs/report.pdf")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decrypt, "{length}: {error}");
        texts.insert(error.to_string().replace(&server.origin(), ""));
        let results: Vec<_> =
            files(&server).download_stream(&path("/docs/report.pdf")).await.unwrap().collect().await;
        assert_eq!(results.last().unwrap().as_ref().unwrap_err().kind(), ErrorKind::Decrypt, "{length}");
        assert_eq!(server.count(&target()).await, 2, "not retried");
    }
    assert_eq!(texts.len(), 1, "no oracle: {texts:?}");
}

#[tokio::test]
async fn downloads_are_retried_before_the_first_byte() {
    let server = Server::start().await;
    server.times(2, "GET", &target(), ResponseTemplate::new(503)).await;
    server.get(&target(), container(vector("file-none.enc"))).await;
    files(&server).download(&path("/docs/report.pdf")).await.unwrap();
    assert_eq!(server.count(&target()).await, 3);
}

#[tokio::test]
async fn downloads_are_limited() {
    let server = serving(container(seal(&[7; 5_000]))).await;
    let client = server.builder().max_file_size(4_999).build().unwrap();
    let files = client.storage_files(&contract(), &"st-1".into());
    let error = files.download(&path("/docs/report.pdf")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

//! Pushing to a postbox: what is sent, and what comes back.

use std::sync::atomic::{AtomicUsize, Ordering};

use aes::Aes256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use digime::legacy::{Generation, Postbox, PostboxAccess, PostboxFile, PushStatus};
use digime::{Content, ErrorKind, Operation, PushMetadata};
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::{Oaep, RsaPrivateKey};
use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use crate::independent::{api_claims, header};
use crate::server::{Legacy, REDIRECT, key, legacy_contract, ok};
use crate::support::{SESSION, api_error, token, vector_text};

const PATH: &str = "permission-access/postbox/pb-1";
const CONTENT: &str = r#"{"total":12.5}"#;

pub(crate) fn postbox() -> Postbox {
    Postbox::new("pb-1", &vector_text("legacy/postbox-public-key.pem")).unwrap()
}

pub(crate) fn metadata() -> PushMetadata {
    PushMetadata::new("application/json").account("acc-1").reference("receipt.json").tag("receipt")
}

fn receipt_file() -> PostboxFile {
    PostboxFile::new("receipt.json", metadata(), CONTENT)
}

fn answer(status: &str) -> ResponseTemplate {
    let session = json!({"expiry": 1_614_946_500_000_i64, "key": "session-3"});
    ok(json!({"expires": 1_614_949_200, "status": status, "session": session}))
}

fn decrypt(aes: &[u8], iv: &str, body: &[u8]) -> Vec<u8> {
    let iv: Vec<u8> = (0..32).step_by(2).map(|at| u8::from_str_radix(&iv[at..at + 2], 16).unwrap()).collect();
    let cipher = cbc::Decryptor::<Aes256>::new_from_slices(aes, &iv).unwrap();
    let mut plain = body.to_vec();
    let length = cipher.decrypt_padded::<Pkcs7>(&mut plain).unwrap().len();
    plain.truncate(length);
    plain
}

/// Head and content of the one part of a body.
fn part(request: &Request) -> (String, Vec<u8>) {
    let content_type = header(request, "content-type").unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let start = format!("--{boundary}\r\n");
    let end = format!("\r\n--{boundary}--\r\n");
    let body = request.body.strip_prefix(start.as_bytes()).unwrap().strip_suffix(end.as_bytes()).unwrap();
    let head = body.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
    (String::from_utf8(body[..head].to_vec()).unwrap(), body[head + 4..].to_vec())
}

/// Opens a push as the holder of the postbox's key does: metadata and file.
pub(crate) fn opened(request: &Request, sealed_key: &str, iv: &str, metadata: &str) -> (Value, Vec<u8>) {
    let pem = vector_text("legacy/postbox-private-key.pem");
    let key = RsaPrivateKey::from_pkcs1_pem(&pem).unwrap();
    let aes = key.decrypt(Oaep::new::<sha1::Sha1>(), &STANDARD.decode(sealed_key).unwrap()).unwrap();
    assert_eq!(aes.len(), 32);
    assert!(iv.len() == 32 && iv.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{iv}");
    let descriptor = decrypt(&aes, iv, &STANDARD.decode(metadata).unwrap());
    let (_, content) = part(request);
    (serde_json::from_slice(&descriptor).unwrap(), decrypt(&aes, iv, &content))
}

#[tokio::test]
async fn up_to_v1_4_headers_tell_how_to_open_the_file() {
    for generation in [Generation::V1, Generation::V1_0, Generation::V1_3, Generation::V1_4] {
        let legacy = Legacy::start(generation).await;
        legacy.post(PATH, answer("delivered")).await;
        let receipt = legacy.client().push_to_postbox(&postbox(), &key(), receipt_file()).await.unwrap();
        assert_eq!((receipt.status, receipt.expires), (PushStatus::Delivered, Some(1_614_949_200)));
        assert_eq!(receipt.session.unwrap().key.expose(), "session-3");
        let sent = legacy.asked(PATH).await.remove(0);
        assert_eq!((header(&sent, "authorization"), header(&sent, "sessionkey")), (None, Some(SESSION)));
        let value = |name| header(&sent, name).unwrap();
        let (descriptor, plain) = opened(&sent, value("symmetricalkey"), value("iv"), value("metadata"));
        assert_eq!(descriptor, serde_json::to_value(metadata()).unwrap());
        assert_eq!(plain, CONTENT.as_bytes());
        let (head, _) = part(&sent);
        assert_eq!(
            head,
            "Content-Disposition: form-data; name=\"file\"; filename=\"receipt.json\"\r\n\
             Content-Type: application/json"
        );
        assert_eq!(value("content-length"), sent.body.len().to_string());
    }
}

#[tokio::test]
async fn from_v1_5_on_claims_tell_how_to_open_the_file() {
    let pair = token("at-1", "rt-1");
    let session = key();
    for (generation, access, expected) in [
        (Generation::V1_5, PostboxAccess::Session(&session), json!({"session_key": SESSION})),
        (
            Generation::V1_5,
            PostboxAccess::SessionAndToken(&session, &pair),
            json!({"session_key": SESSION, "access_token": "at-1"}),
        ),
        (Generation::V1_6, PostboxAccess::Token(&pair), json!({"access_token": "at-1"})),
    ] {
        let legacy = Legacy::start(generation).await;
        legacy.post(PATH, answer("delivered")).await;
        let client = legacy.client();
        let pushed = client
            .push_to_postbox_signed(&legacy_contract(), &postbox(), access, receipt_file())
            .await
            .unwrap();
        assert_eq!((pushed.value.status, pushed.updated_token), (PushStatus::Delivered, None));
        let sent = legacy.asked(PATH).await.remove(0);
        assert_eq!(header(&sent, "sessionkey"), None);
        let mut claims = api_claims(&sent);
        let claims = claims.as_object_mut().unwrap();
        let mut take = |name: &str| claims.remove(name).unwrap().as_str().unwrap().to_owned();
        let (sealed_key, iv, sealed) = (take("symmetrical_key"), take("iv"), take("metadata"));
        assert_eq!(take("redirect_uri"), REDIRECT);
        assert_eq!(json!(claims), expected);
        let (descriptor, plain) = opened(&sent, &sealed_key, &iv, &sealed);
        assert_eq!(descriptor, serde_json::to_value(metadata()).unwrap());
        assert_eq!(plain, CONTENT.as_bytes());
    }
}

/// Leaves pushes with the old token pending.
fn pending_once(request: &Request) -> ResponseTemplate {
    answer(if api_claims(request)["access_token"] == "at-2" { "delivered" } else { "pending" })
}

#[tokio::test]
async fn a_pending_push_is_repeated_once_with_a_new_token_and_a_new_key() {
    for generation in [Generation::V1_5, Generation::V1_6] {
        let legacy = Legacy::start(generation).await;
        legacy.issue("at-2", "rt-2").await;
        legacy.post(PATH, pending_once).await;
        let (pair, session) = (token("at-1", "rt-1"), key());
        let access = match generation {
            Generation::V1_6 => PostboxAccess::Token(&pair),
            _ => PostboxAccess::SessionAndToken(&session, &pair),
        };
        let client = legacy.client();
        let pushed = client
            .push_to_postbox_signed(&legacy_contract(), &postbox(), access, receipt_file())
            .await
            .unwrap();
        assert_eq!(pushed.value.status, PushStatus::Delivered);
        assert_eq!(pushed.updated_token.unwrap().access_token.value.expose(), "at-2");
        let sent = legacy.asked(PATH).await;
        assert_eq!(sent.len(), 2);
        let claim = |at: usize, name: &str| api_claims(&sent[at])[name].as_str().unwrap().to_owned();
        for name in ["iv", "symmetrical_key", "metadata"] {
            assert_ne!(claim(0, name), claim(1, name), "{name}");
        }
        for at in [0, 1] {
            let open =
                opened(&sent[at], &claim(at, "symmetrical_key"), &claim(at, "iv"), &claim(at, "metadata"));
            assert_eq!(open.1, CONTENT.as_bytes());
        }
    }
}

#[tokio::test]
async fn a_push_that_stays_pending_is_reported_so() {
    let pair = token("at-1", "rt-1");
    let legacy = Legacy::start(Generation::V1_6).await;
    legacy.issue("at-2", "rt-2").await;
    legacy.post(PATH, answer("pending")).await;
    let access = PostboxAccess::Token(&pair);
    let client = legacy.client();
    let pushed =
        client.push_to_postbox_signed(&legacy_contract(), &postbox(), access, receipt_file()).await.unwrap();
    assert_eq!(pushed.value.status, PushStatus::Pending);
    assert!(pushed.updated_token.is_some());
    assert_eq!(legacy.asked(PATH).await.len(), 2, "once more, not for ever");

    // A stream is gone after the first push.
    let once = PostboxFile::new("f", metadata(), Content::reader(CONTENT.as_bytes()));
    let pushed = client.push_to_postbox_signed(&legacy_contract(), &postbox(), access, once).await.unwrap();
    assert_eq!((pushed.value.status, pushed.updated_token), (PushStatus::Pending, None));
    let sent = legacy.asked(PATH).await;
    assert_eq!(sent.len(), 3);
    let claims = api_claims(&sent[2]);
    let text = |name: &str| claims[name].as_str().unwrap().to_owned();
    assert_eq!(
        opened(&sent[2], &text("symmetrical_key"), &text("iv"), &text("metadata")).1,
        CONTENT.as_bytes()
    );

    // Without a token there is nothing to renew.
    let legacy = Legacy::start(Generation::V1_5).await;
    legacy.post(PATH, answer("pending")).await;
    let session = key();
    let access = PostboxAccess::Session(&session);
    let client = legacy.client();
    let pushed =
        client.push_to_postbox_signed(&legacy_contract(), &postbox(), access, receipt_file()).await.unwrap();
    assert_eq!(pushed.value.status, PushStatus::Pending);
    assert_eq!(legacy.asked(PATH).await.len(), 1);
}

#[tokio::test]
async fn a_failed_push_is_not_repeated() {
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    let legacy = Legacy::start(Generation::V1_4).await;
    legacy
        .post(PATH, |_: &Request| {
            SEEN.fetch_add(1, Ordering::SeqCst);
            api_error(503, "Busy")
        })
        .await;
    let error = legacy.client().push_to_postbox(&postbox(), &key(), receipt_file()).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Api, Some(Operation::PushToPostbox)));
    assert_eq!(SEEN.load(Ordering::SeqCst), 1);
    // A 401 does not refresh: the old clients did not, and the file may be large.
    let legacy = Legacy::start(Generation::V1_6).await;
    legacy.post(PATH, crate::support::invalid_token()).await;
    let pair = token("at-1", "rt-1");
    let access = PostboxAccess::Token(&pair);
    let client = legacy.client();
    let error = client
        .push_to_postbox_signed(&legacy_contract(), &postbox(), access, receipt_file())
        .await
        .unwrap_err();
    assert!(error.needs_reauthorization() && legacy.asked("oauth/token").await.is_empty());
}

#[tokio::test]
async fn answers_of_old_servers_may_say_little() {
    for (body, expected) in [
        (json!({}), PushStatus::Delivered),
        (json!({"status": "delivered"}), PushStatus::Delivered),
        (json!({"status": "lost"}), PushStatus::Unknown("lost".to_owned())),
    ] {
        let legacy = Legacy::start(Generation::V1_0).await;
        legacy.post(PATH, ok(body)).await;
        let receipt = legacy.client().push_to_postbox(&postbox(), &key(), receipt_file()).await.unwrap();
        assert_eq!((receipt.status, receipt.expires), (expected, None));
    }
}

#[tokio::test]
async fn a_push_that_its_generation_does_not_know_is_not_sent() {
    let (pair, session) = (token("at-1", "rt-1"), key());
    for generation in crate::server::ALL {
        let legacy = Legacy::start(generation).await;
        legacy.post(PATH, answer("delivered")).await;
        let client = legacy.client();
        let contract = legacy_contract();
        let signed =
            |access| client.push_to_postbox_signed(&contract, &CLOSED_POSTBOX, access, receipt_file());
        let plain = client.push_to_postbox(&CLOSED_POSTBOX, &session, receipt_file()).await;
        for (sent, has) in [
            (plain.map(drop), generation <= Generation::V1_4),
            (signed(PostboxAccess::Session(&session)).await.map(drop), generation == Generation::V1_5),
            (
                signed(PostboxAccess::SessionAndToken(&session, &pair)).await.map(drop),
                generation == Generation::V1_5,
            ),
            (signed(PostboxAccess::Token(&pair)).await.map(drop), generation == Generation::V1_6),
        ] {
            match sent {
                Ok(()) => assert!(has, "{generation}"),
                Err(error) => assert!(!has && error.kind() == ErrorKind::Config, "{generation}: {error}"),
            }
        }
    }
}

static CLOSED_POSTBOX: std::sync::LazyLock<Postbox> = std::sync::LazyLock::new(postbox);

#[tokio::test]
async fn files_and_postboxes_that_cannot_be_meant_are_refused() {
    let legacy = Legacy::start(Generation::V1_4).await;
    let long = PushMetadata::new("application/json").tag("x".repeat(7_000));
    for file in [
        PostboxFile::new("", metadata(), CONTENT),
        PostboxFile::new("a\r\nb", metadata(), CONTENT),
        PostboxFile::new("a", PushMetadata::new("json"), CONTENT),
        PostboxFile::new("a", PushMetadata::new("a/b\r\nX: y"), CONTENT),
        PostboxFile::new("a", long, CONTENT),
    ] {
        let error = legacy.client().push_to_postbox(&postbox(), &key(), file).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    }
    let missing = PostboxFile::new("a", metadata(), Content::file("/nowhere/at/all"));
    let error = legacy.client().push_to_postbox(&postbox(), &key(), missing).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Body);
    assert!(legacy.asked(PATH).await.is_empty());
    for (id, key) in [
        ("", vector_text("legacy/postbox-public-key.pem")),
        ("pb", String::new()),
        ("pb", "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----".to_owned()),
        ("pb", vector_text("legacy/postbox-private-key.pem")),
    ] {
        assert_eq!(Postbox::new(id, &key).unwrap_err().kind(), ErrorKind::Config, "{id} {key:.40}");
    }
}

#[tokio::test]
async fn a_quote_in_a_name_does_not_end_it() {
    let legacy = Legacy::start(Generation::V1_4).await;
    legacy.post(PATH, answer("delivered")).await;
    let file = PostboxFile::new("a\"; x=\"y.json", metadata(), CONTENT);
    legacy.client().push_to_postbox(&postbox(), &key(), file).await.unwrap();
    let (head, _) = part(&legacy.asked(PATH).await[0]);
    assert!(head.contains("filename=\"a%22; x=%22y.json\"\r\n"), "{head}");
}

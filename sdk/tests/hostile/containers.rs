//! File containers that are too short, forged, or another contract's.

use aes::Aes256;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use digime::{ErrorKind, PrivateKey};

use crate::support::*;

const KEY: [u8; 32] = [9; 32];
const IV: [u8; 16] = [7; 16];

fn private_key() -> PrivateKey {
    PrivateKey::from_pem(&vector_text("contract-private.pem")).unwrap()
}

/// A container around blocks with whatever padding they bring.
fn unpadded(blocks: &[u8]) -> Vec<u8> {
    let cipher = cbc::Encryptor::<Aes256>::new(&KEY.into(), &IV.into());
    let mut body = blocks.to_vec();
    cipher.encrypt_padded::<NoPadding>(&mut body, blocks.len()).unwrap();
    seal_with(&KEY, &body)
}

/// Containers that must be refused, by what is wrong with them.
fn unsound() -> Vec<(String, Vec<u8>)> {
    let sound = seal(b"[{\"id\":1}]");
    assert_eq!(sound.len(), 288);
    let mut cases = Vec::new();
    for length in [0, 1, 16, 255, 256, 257, 271, 272, 273, 287] {
        cases.push((format!("{length} bytes"), sound[..length].to_vec()));
    }
    for extra in [1, 8, 15] {
        cases.push((format!("{} bytes", 288 + extra), [&sound[..], &vec![0; extra]].concat()));
    }
    cases.push(("extra block".to_owned(), [&sound[..], &[0; 16]].concat()));
    cases.push(("zeros".to_owned(), vec![0; 288]));
    cases.push(("ones".to_owned(), vec![0xff; 288]));
    for length in [0, 1, 16, 24, 31, 33, 64] {
        cases.push((format!("key of {length} bytes"), seal_with(&vec![9; length], &sound[272..])));
    }
    for (what, last) in [("padding 0", 0), ("padding 17", 17), ("padding 255", 255)] {
        cases.push((what.to_owned(), unpadded(&[last; 16])));
    }
    let mut uneven = [4; 16];
    uneven[13] = 3;
    cases.push(("uneven padding".to_owned(), unpadded(&uneven)));
    for at in [0, 100, 255] {
        let mut damaged = sound.clone();
        damaged[at] ^= 1;
        cases.push((format!("bit flipped at {at}"), damaged));
    }
    let foreign = PrivateKey::from_pem(&vector_text("server-private.pem")).unwrap();
    assert!(foreign.decrypt_container(&sound).is_err());
    cases
}

#[test]
fn a_sound_container_opens() {
    for plain in [&b""[..], b"x", &[1; 15], &[2; 16], &[3; 17], &vec![4; 100_000]] {
        assert_eq!(private_key().decrypt_container(&seal(plain)).unwrap(), plain);
    }
    assert_eq!(private_key().decrypt_container(&unpadded(&[16; 16])).unwrap(), "");
}

#[test]
fn every_unsound_container_gives_the_same_error() {
    let mut texts = Vec::new();
    for (case, container) in unsound() {
        let error = private_key().decrypt_container(&container).expect_err(&case);
        assert_eq!(error.kind(), ErrorKind::Decrypt, "{case}");
        assert!(!error.is_retryable(), "{case}");
        assert!(std::error::Error::source(&error).is_none(), "{case}: no cause that could tell more");
        texts.push(format!("{error} {error:?}"));
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "no oracle: {texts:?}");
}

#[tokio::test]
async fn downloads_give_the_same_error_once() {
    let mut texts = Vec::new();
    for (case, container) in unsound() {
        let server = Server::start().await;
        server.file("f.json", file_answer(container, None)).await;
        let user = server.user();
        let error = user.read_file(&session(), &name("f.json")).await.expect_err(&case);
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decrypt, 1), "{case}: {error}");
        let raw = user.read_file_raw(&session(), &name("f.json")).await.expect_err(&case);
        assert_eq!(raw.kind(), ErrorKind::Decrypt, "{case}");
        texts.push(error.to_string().replace(&server.origin(), ""));
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "no oracle: {texts:?}");
}

#[tokio::test]
async fn a_container_may_arrive_in_pieces_of_any_size() {
    let plain: Vec<u8> = (0..=255).cycle().take(5_000).collect();
    for piece in [1, 7, 16, 255, 272, 273, 4_096] {
        let container = seal(&plain);
        let origin = raw_server(move |mut socket, _| {
            let container = container.clone();
            async move {
                let head = format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\nx-metadata: {}\r\n\r\n",
                    x_metadata(None)
                );
                write_all(&mut socket, head).await;
                let _ = socket.set_nodelay(true);
                for part in container.chunks(piece) {
                    write_all(&mut socket, part).await;
                    tokio::task::yield_now().await;
                }
            }
        })
        .await;
        let client = digime::Client::builder(APP).origin(origin).retry(quick()).build().unwrap();
        let user = client.user(&contract(), token("a", "r"));
        let file = user.read_file(&session(), &name("f.json")).await.unwrap();
        assert_eq!(file.bytes(), plain, "pieces of {piece}");
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_error() {
    use futures_util::StreamExt;

    let mut container = seal(&[1; 300_000]);
    container.pop();
    let server = Server::start().await;
    server.file("f.json", file_answer(container, None)).await;
    let mut stream = server.user().read_file_stream(&session(), &name("f.json")).await.unwrap();
    let mut last = None;
    while let Some(chunk) = stream.next().await {
        assert!(last.is_none(), "nothing follows an error");
        last = chunk.err();
    }
    assert_eq!(last.expect("an error").kind(), ErrorKind::Decrypt);
    assert!(stream.next().await.is_none(), "and stays ended");
}

//! Bytes that clients push, and bytes that they get.

use std::sync::LazyLock;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use digime_fixtures::Compression;
use futures_util::stream;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::rand_core::OsRng;
use rsa::{Oaep, RsaPrivateKey};
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use super::choice;
use crate::http::form_file;
use crate::payload::container::{ContainerForm, ContainerWriter};
use crate::payload::postbox::{PushKey, SealError};
use crate::payload::x_metadata as header;

static POSTBOX: LazyLock<RsaPrivateKey> = LazyLock::new(|| {
    RsaPrivateKey::from_pkcs1_pem(digime_fixtures::keys::READ.private_pem).expect("a development key")
});

/// Pushes: an encrypted key as it comes, a body under a key that fits, and what the server itself encrypts.
pub(super) fn container(data: &[u8]) {
    // RSA is slow under instrumentation: most inputs are bodies under this key.
    static KEY: LazyLock<PushKey> = LazyLock::new(|| {
        let key = POSTBOX.to_public_key();
        let sealed = key.encrypt(&mut OsRng, Oaep::new::<Sha1>(), &[7; 32]).expect("a key is encrypted");
        PushKey::open(&sealed, [0; 16], &POSTBOX).expect("a key that was encrypted for the postbox opens")
    });
    let Some((choice, data)) = choice(data) else { return };
    let form = match choice {
        0 => {
            let opened = PushKey::open(data, [0; 16], &POSTBOX);
            assert!(matches!(opened, Err(SealError::Key | SealError::KeyLength(_))));
            return;
        }
        1 => ContainerForm::Plain,
        2 => ContainerForm::Hashed,
        piece => return body(&KEY, data, usize::from(piece) - 2, None),
    };
    let content = data.to_vec().into();
    let writer = ContainerWriter::new(content, Compression::None, form, &POSTBOX.to_public_key());
    let writer = writer.expect("a container begins");
    let announced = writer.length();
    let made = writer.into_bytes().expect("a container ends");
    assert_eq!(announced, Some(made.len() as u64));
    let iv = made[256..272].try_into().expect("16 bytes");
    let plain = match form {
        ContainerForm::Plain => data.to_vec(),
        ContainerForm::Hashed => [&Sha512::digest(data)[..], data].concat(),
    };
    let key = PushKey::open(&made[..256], iv, &POSTBOX);
    body(&key.expect("what the server encrypted opens"), &made[272..], 100, Some(plain));
}

/// A body that comes in pieces of this length, and what it must decrypt to, if that is known.
fn body(key: &PushKey, body: &[u8], piece: usize, plain: Option<Vec<u8>>) {
    let whole = key.decrypt(body);
    let mut file = key.file();
    body.chunks(piece).for_each(|piece| file.write(piece).expect("it is kept"));
    match (&whole, file.finish()) {
        (Ok(whole), Ok((content, digest))) => {
            assert_eq!(content.len(), whole.len() as u64);
            assert_eq!(digest, <[u8; 32]>::from(Sha256::digest(whole)));
            assert_eq!(
                body.len() - whole.len(),
                16 - whole.len() % 16,
                "the padding is as short as it can be"
            );
        }
        (Err(SealError::Padding), Err(SealError::Padding)) => {}
        (Err(SealError::Length(one)), Err(SealError::Length(other))) => {
            assert_eq!((*one, other), (body.len() as u64, body.len() as u64));
        }
        (whole, file) => panic!("{:?} {:?}", whole.is_ok(), file.is_ok()),
    }
    if let Some(plain) = plain {
        assert_eq!(whole.ok(), Some(plain));
    }
}

/// Bodies are waited for with a time limit.
static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime"));

/// Multipart forms: pieces of any size make the same file, which is part of the form.
pub(super) fn multipart(data: &[u8]) {
    let Some((choice, data)) = choice(data) else { return };
    let line = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let Ok(content_type) = HeaderValue::from_bytes(&data[..line]) else { return };
    let form = data.get(line + 1..).unwrap_or_default();
    let Ok(boundary) = form_file::boundary(&HeaderMap::from_iter([(CONTENT_TYPE, content_type)])) else {
        return;
    };
    let file_in = |size: usize| {
        let pieces: Vec<_> = form.chunks(size).map(|it| Ok::<_, std::io::Error>(it.to_vec())).collect();
        let (mut body, mut file) = (Body::from_stream(stream::iter(pieces)), Vec::new());
        let read = form_file::read(&mut body, boundary.clone(), |piece| {
            file.extend_from_slice(piece);
            Ok(())
        });
        RUNTIME.block_on(read).map(|()| file).map_err(|refusal| refusal.status)
    };
    let whole = file_in(form.len().max(1));
    assert_eq!(whole, file_in(usize::from(choice) + 1));
    match whole {
        Ok(file) => assert!(file.is_empty() || form.windows(file.len()).any(|window| window == file)),
        Err(status) => assert_eq!(status, 400),
    }
}

/// The header `x-metadata` of any JSON: one line of ASCII that both alphabets decode to the same.
pub(super) fn x_metadata(data: &[u8]) {
    let Ok(json) = serde_json::from_slice::<Value>(data) else { return };
    // The parser of JSON is not exact to the last bit of a fraction; what the server writes has none.
    if has_fraction(&json) {
        return;
    }
    for compression in [Compression::None, Compression::Gzip, Compression::Brotli] {
        let json = header::json(&json, compression);
        let value = header::header_value(&json);
        assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{value}");
        for engine in [&STANDARD, &URL_SAFE_NO_PAD] {
            let decoded = engine.decode(&value).expect("it is Base64");
            assert_eq!(serde_json::from_slice::<Value>(&decoded).expect("it is JSON"), json);
        }
    }
}

fn has_fraction(json: &Value) -> bool {
    match json {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_fraction),
        Value::Object(map) => map.values().any(has_fraction),
        _ => false,
    }
}

//! What the fuzz targets in `fuzz/` run: each takes any bytes, and asserts what must hold whatever they
//! are. It exists in fuzzed and in tested builds alone; a test runs the committed inputs.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use http::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use url::Url;

use crate::consent::callback::{self, CallbackResult};
use crate::contract_details::ContractDetails;
use crate::crypto::container::{Decryptor, Open};
use crate::crypto::jwk::VerifyingKey;
use crate::crypto::private_key::PrivateKey;
use crate::crypto::sealing;
use crate::download::compression::{Compression, Decompressor};
use crate::error::{Error, ErrorKind, Result};
use crate::http::json;
use crate::read::metadata::{self, Header};
use crate::storage::{StorageFolder, StoragePath};
use crate::tokens::key_set;
use crate::tokens::server_token::Unverified;
use crate::tokens::trusted_key_sets::TrustedKeySets;

/// The name of a target, and what it runs.
type Target = (&'static str, fn(&[u8]));

const TARGETS: &[Target] = &[
    ("sdk_answers", answers),
    ("sdk_callback", callback),
    ("sdk_compression", compression),
    ("sdk_container", container),
    ("sdk_key_file", key_file),
    ("sdk_metadata", metadata),
    ("sdk_storage_path", storage_path),
    ("sdk_token", token),
];

/// Runs a target.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    target.expect("a target of this crate").1(data);
}

static CONTRACT_KEY: LazyLock<PrivateKey> =
    LazyLock::new(|| pem_key(include_str!("../../fixtures/vectors/contract-private.pem")));
static SERVER_KEY: LazyLock<PrivateKey> =
    LazyLock::new(|| pem_key(include_str!("../../fixtures/vectors/server-private.pem")));
/// Tokens that the key of the server signed.
const VECTORS: &str = include_str!("../../fixtures/vectors/jwt.json");
static SERVER_KEY_SET: &[u8] = include_bytes!("../../fixtures/vectors/jwks.json");

/// Secrets of inputs have it in them, so that it must not be in errors.
const SECRET: &str = "hush";

fn pem_key(pem: &str) -> PrivateKey {
    PrivateKey::from_pem(pem).expect("a key of the vectors")
}

/// The first byte, which chooses, and the others.
fn choice(data: &[u8]) -> Option<(u8, &[u8])> {
    data.split_first().map(|(first, rest)| (*first, rest))
}

/// Whether a value, or one in it, is such a one.
fn has(value: &Value, such: &impl Fn(&Value) -> bool) -> bool {
    such(value)
        || match value {
            Value::Object(map) => map.values().any(|value| has(value, such)),
            Value::Array(list) => list.iter().any(|value| has(value, such)),
            _ => false,
        }
}

/// That an error says what happened without the text that it happened to.
fn tells_no_secret(error: &Error, secret: &str) {
    let told = format!("{error} {error:?}");
    assert!(!told.contains(secret), "{told}");
}

/// The reading of a container that arrives in pieces.
fn opened(mut open: Box<dyn Open>, container: &[u8], piece: usize) -> Result<Vec<u8>> {
    let mut plain = Vec::new();
    for piece in container.chunks(piece) {
        open.push(piece, &mut plain)?;
    }
    open.finish(&mut plain)?;
    Ok(plain)
}

/// Containers of both forms: as they come, around an encrypted key that fits, and sealed here.
fn container(data: &[u8]) {
    static SEALED_KEY: LazyLock<Vec<u8>> =
        LazyLock::new(|| CONTRACT_KEY.encrypt_oaep(&[7; 32]).expect("a key is encrypted"));
    let Some((choice, data)) = choice(data) else { return };
    let key = &*CONTRACT_KEY;
    let container = match choice % 3 {
        0 => data.to_vec(),
        1 => [&SEALED_KEY[..], data].concat(),
        _ => {
            let pieces = stream::iter([Ok(Bytes::copy_from_slice(data))]).boxed();
            let sealed = sealing::encrypted(&[7; 32], [9; 16], pieces).expect("content is encrypted");
            let sealed: Vec<_> = sealed.collect().now_or_never().expect("its pieces are there");
            let sealed: Vec<_> = sealed.into_iter().map(|piece| piece.expect("encrypted")).collect();
            [&SEALED_KEY[..], &[9; 16], &sealed.concat()].concat()
        }
    };
    let whole = key.decrypt_container(&container);
    if choice % 3 == 2 {
        assert_eq!(whole.as_deref().expect("what was sealed opens"), data);
    }
    let piece = usize::from(choice / 3) + 1;
    let in_pieces = opened(Box::new(Decryptor::new(key.clone())), &container, piece);
    match (&whole, &in_pieces) {
        (Ok(whole), Ok(in_pieces)) => assert_eq!(whole, in_pieces),
        (Err(one), Err(other)) => {
            assert_eq!((one.kind(), other.kind()), (ErrorKind::Decrypt, ErrorKind::Decrypt));
            // Who can tell reasons apart has a padding oracle.
            assert_eq!(format!("{one:?}"), format!("{:?}", crate::crypto::container::failed()));
        }
        (whole, in_pieces) => panic!("{whole:?} {in_pieces:?}"),
    }
    #[cfg(feature = "legacy")]
    {
        use crate::legacy::container::HashedDecryptor;
        let hashed = opened(Box::new(HashedDecryptor::new(key.clone())), &container, piece);
        let expected = whole.ok().filter(|plain| plain.len() >= 64).filter(|plain| {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA512, &plain[64..]);
            digest.as_ref() == &plain[..64]
        });
        assert_eq!(hashed.ok(), expected.map(|plain| plain[64..].to_vec()));
    }
}

/// Compressed bytes in pieces: a limit holds, and pieces of any size make the same.
fn compression(data: &[u8]) {
    const LIMIT: usize = 1 << 20;
    fn decompressed(compression: Compression, data: &[u8], piece: usize, room: usize) -> Option<Vec<u8>> {
        let (mut decompressor, mut plain) = (Decompressor::new(compression), Vec::new());
        let mut output = vec![0; room];
        for piece in data.chunks(piece) {
            let mut taken = 0;
            loop {
                let step = decompressor.step(&piece[taken..], &mut output).ok()?;
                assert!(step.consumed <= piece.len() - taken && step.produced <= output.len());
                taken += step.consumed;
                plain.extend_from_slice(&output[..step.produced]);
                if plain.len() > LIMIT {
                    return None;
                }
                if step.consumed == 0 && step.produced == 0 {
                    break;
                }
            }
            if taken < piece.len() {
                return None;
            }
        }
        decompressor.finish().ok()?;
        Some(plain)
    }
    let Some((choice, data)) = choice(data) else { return };
    let compression = [Compression::Gzip, Compression::Brotli, Compression::None][usize::from(choice % 3)];
    let whole = decompressed(compression, data, data.len().max(1), 64 * 1024);
    let in_pieces = decompressed(compression, data, usize::from(choice / 3) + 1, 1024);
    assert_eq!(whole, in_pieces);
    if compression == Compression::None && data.len() <= LIMIT {
        assert_eq!(whole.as_deref(), Some(data));
    }
}

/// The header `x-metadata`, and the JSON in it: what is read is read again from what is written of it.
fn metadata(data: &[u8]) {
    let again = |header: &Header| {
        let written = json!({ "metadata": header.metadata });
        let again = Header::parse(written.to_string().as_bytes()).expect("what was read is written so");
        // The parser of JSON is not exact to the last bit of a fraction.
        assert!(again.metadata == header.metadata || has(&written, &|it: &Value| it.is_f64()));
    };
    let accepted = |read: &Result<Header>| match read {
        Ok(header) => again(header),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Metadata),
    };
    accepted(&Header::parse(data));
    let mut headers = HeaderMap::new();
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    headers.insert(metadata::HEADER, value);
    accepted(&Header::read(&headers));
    headers.insert(metadata::HEADER, HeaderValue::from_str(&STANDARD.encode(data)).expect("Base64"));
    let decoded = Header::decode(&headers).ok();
    assert!(decoded.is_none_or(|decoded| decoded == data));
    accepted(&Header::read(&headers));
    #[cfg(feature = "legacy")]
    accepted(&crate::legacy::envelope::header(&headers));
}

/// Callbacks of all generations: none is taken without the state of its flow, and errors show no code.
fn callback(data: &[u8]) {
    const STATE: &str = "hush-state";
    let Ok(text) = std::str::from_utf8(data) else { return };
    let states = || {
        let query = callback::query_of(text).unwrap_or_default();
        callback::values(&query, "state").collect::<Vec<_>>()
    };
    match CallbackResult::parse(text, STATE) {
        Ok(result) => {
            assert_eq!(states(), [STATE]);
            if let CallbackResult::Approved { code, account_reference } = &result {
                let mut query = url::form_urlencoded::Serializer::new(String::from("?"));
                query.append_pair("success", "true").append_pair("state", STATE);
                query.append_pair("code", code.expose());
                query.extend_pairs(account_reference.iter().map(|it| ("accountReference", it.as_str())));
                assert_eq!(CallbackResult::parse(&query.finish(), STATE).as_ref().ok(), Some(&result));
            }
        }
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::Callback | ErrorKind::StateMismatch));
            tells_no_secret(&error, SECRET);
        }
    }
    assert!(CallbackResult::parse(text, "").is_err());
    #[cfg(feature = "legacy")]
    {
        use crate::ids::SessionKey;
        use crate::legacy::callback::Callback;
        use crate::legacy::{Generation, Outcome};
        let session = SessionKey::new("hush-session");
        for generation in [Generation::V1, Generation::V1_4, Generation::V1_6] {
            let read = Callback::read(generation, text, Some(STATE), &session);
            let outcome = read.and_then(|read| {
                let outcome = read.outcome("DATA_READY")?;
                let code = matches!(outcome, Outcome::Approved(())).then(|| read.code()).transpose()?;
                if let Err(error) = read.postbox() {
                    tells_no_secret(&error, SECRET);
                }
                Ok((outcome, code))
            });
            match outcome {
                Ok((Outcome::Approved(()), code)) => {
                    assert!(code.is_some_and(|code| !code.expose().is_empty()));
                    assert!(Callback::read(generation, text, Some("another"), &session).is_err());
                }
                Ok(_) => {}
                Err(error) => tells_no_secret(&error, SECRET),
            }
        }
    }
}

/// Key files: a key that is taken in signs and decrypts, and errors show nothing of what was read.
fn key_file(data: &[u8]) {
    let Some((choice, data)) = choice(data) else { return };
    let text = match choice % 3 {
        0 => String::from_utf8_lossy(data).into_owned(),
        1 => format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", STANDARD.encode(data)),
        _ => {
            // A certificate holds a contract.
            let certificate = STANDARD.encode(data);
            let details = json!({
                "certificate": certificate, "type": "x509",
                "application": { "id": "a", "name": "a", "status": 1, "resources": {} },
            });
            let details = json::parse::<ContractDetails>(details.to_string().as_bytes());
            if let Ok(details) = details {
                let _ = details.document().map_err(|error| assert_eq!(error.kind(), ErrorKind::Decode));
            }
            return;
        }
    };
    match PrivateKey::from_pem(&text) {
        Ok(key) => {
            assert!(key.bits() >= 2048);
            let sealed = key.encrypt_oaep(b"content key").expect("it encrypts");
            assert_eq!(key.decrypt_oaep(&sealed).expect("it decrypts")[..], b"content key"[..]);
            assert_eq!(key.sign_ps512(b"message").expect("it signs").len(), key.modulus_len());
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::PrivateKey);
            let told = format!("{error} {error:?}");
            let shown = text.split_whitespace().filter(|word| word.len() >= 16);
            shown.for_each(|word| assert!(!told.contains(word), "{told}"));
        }
    }
}

/// Paths in a storage: what is taken in stays as it is and leaves no folder.
fn storage_path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let sound = |path: &str| {
        assert!(path.starts_with('/') && !path.contains("//") && !path.contains(char::is_whitespace));
        assert!(path.len() <= 1024);
        assert!(path.split('/').all(|segment| !matches!(segment, "." | "..")), "{path}");
    };
    if let Ok(path) = StoragePath::new(text) {
        sound(path.as_str());
        assert_eq!(StoragePath::new(path.as_str()).as_ref().ok(), Some(&path));
        assert_eq!(path.folder().file(path.name()).as_ref().ok(), Some(&path));
    }
    if let Ok(folder) = StorageFolder::new(text) {
        sound(folder.as_str());
        assert_eq!(StorageFolder::new(folder.as_str()).as_ref().ok(), Some(&folder));
    }
}

/// Tokens of the server: as they come, with any header and payload under a genuine signature, and key sets.
fn token(data: &[u8]) {
    let Some((choice, data)) = choice(data) else { return };
    let Ok(text) = std::str::from_utf8(data) else { return };
    let trusted = TrustedKeySets::new(&Url::parse("https://api.example/v1.7/").expect("a URL"), &[]);
    let trusted = trusted.expect("its key sets are trusted");
    let keys = key_set::keys_of(SERVER_KEY_SET).expect("a key set");
    let key = keys.first().and_then(|entry| VerifyingKey::from_entry(entry).ok()).expect("its key");
    let token = match choice % 3 {
        0 => text.to_owned(),
        1 => {
            let (header, payload) = text.split_once('\n').unwrap_or((text, "{}"));
            let message = [header, payload].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
            let signature = SERVER_KEY.sign_ps512(message.as_bytes()).expect("it signs");
            format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
        }
        _ => {
            let Ok(keys) = key_set::keys_of(data) else { return };
            for entry in &keys {
                let Some(kid) = entry.get("kid").and_then(Value::as_str) else { continue };
                if let Ok(key) = key_set::find(&keys, kid) {
                    assert!((256..=1024).contains(&key.modulus.len()) && key.exponent != [1]);
                    assert!(!key.verifies(data, &[0; 256]));
                }
            }
            return;
        }
    };
    let (read, headers) = (Unverified::read(&token), HeaderMap::new());
    let payload = read.and_then(|read| {
        if trusted.accepts(&read.jku) {
            assert_eq!(read.jku.origin().ascii_serialization(), "https://api.example");
        }
        read.verified::<Value>(&key, &headers)
    });
    match payload {
        // Only who has the key makes a signature, and those that were made for the vectors are known.
        Ok(_) if choice % 3 == 0 => assert!(VECTORS.contains(text), "{text}"),
        Ok(payload) => {
            let (_, sent) = text.split_once('\n').unwrap_or((text, "{}"));
            assert_eq!(serde_json::from_str::<Value>(sent).ok(), Some(payload));
        }
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::TokenRejected | ErrorKind::Decode));
            tells_no_secret(&error, SECRET);
        }
    }
}

/// Answers of the server in JSON: whatever they are, an error names no value, but for the keys that lead to it.
fn answers(data: &[u8]) {
    fn has_secret_key(value: &Value) -> bool {
        match value {
            Value::Object(map) => {
                map.iter().any(|(key, value)| key.contains(SECRET) || has_secret_key(value))
            }
            Value::Array(list) => list.iter().any(has_secret_key),
            _ => false,
        }
    }
    // JSON that is broken further on has keys, too.
    let text = String::from_utf8_lossy(data);
    let ends_as_key = |(at, _): (usize, &str)| {
        let mut escaped = false;
        let rest = text[at..].trim_start_matches(|char| {
            let is_within = char != '"' || escaped;
            escaped = char == '\\' && !escaped;
            is_within
        });
        rest.strip_prefix('"').is_some_and(|rest| rest.trim_start().starts_with(':'))
    };
    let keys_tell = text.match_indices(SECRET).any(ends_as_key)
        || serde_json::from_slice(data).is_ok_and(|value| has_secret_key(&value));
    fn error_of<T>(read: Result<T>) -> Option<Error> {
        read.err()
    }
    let told = |error: Option<Error>| {
        if let Some(error) = error.filter(|_| !keys_tell) {
            tells_no_secret(&error, SECRET);
        }
    };
    told(error_of(json::parse::<crate::FileList>(data)));
    told(error_of(json::parse::<Vec<crate::Account>>(data)));
    told(error_of(json::parse::<crate::Session>(data)));
    told(error_of(json::parse::<crate::UserAccessToken>(data)));
    told(error_of(json::parse::<ContractDetails>(data)));
    told(error_of(json::parse::<Vec<crate::discovery::Source>>(data)));
    #[cfg(feature = "legacy")]
    {
        use crate::legacy::Generation;
        for generation in [Generation::V1, Generation::V1_4, Generation::V1_6] {
            told(error_of(crate::legacy::file_list::parse(generation, data)));
        }
        told(error_of(crate::legacy::envelope::Envelope::parse(data).and_then(|mut envelope| {
            told(error_of(envelope.header()));
            envelope.container()
        })));
    }
}

#[cfg(test)]
#[path = "../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_inputs_of_each_target_find_nothing() {
        super::replay::replay(super::TARGETS);
    }
}

//! Containers of API versions up to v1.6, with their hash, and postboxes
//! (protocol reference, legacy/container). Without its feature
//! `legacy` the SDK speaks v1.7 only, so the hash is checked independently here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use digime::{ErrorKind, PrivateKey};
use rsa::{Oaep, RsaPrivateKey};
use serde_json::Value;
use sha1::Sha1;
use std::io::Read;

use crate::independent::{aes_decrypt, hex, open, private_key, sha512};
use crate::{read, read_json, read_text};

const KEY: &str = "legacy/contract-private-key.pem";

fn unbase64(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap()).unwrap()
}

/// The payload of a container with a hash, as old clients open it.
fn open_with_hash(container: &[u8], key: &RsaPrivateKey) -> Result<Vec<u8>, &'static str> {
    if container.len() < 352 || !container.len().is_multiple_of(16) {
        return Err("File size not valid");
    }
    let content = open(container, key).content;
    let (hash, payload) = content.split_at_checked(64).ok_or("Hash is not valid")?;
    if sha512(payload) == hash { Ok(payload.to_vec()) } else { Err("Hash is not valid") }
}

fn decompress(payload: &[u8], compression: &Value) -> Vec<u8> {
    let mut plain = Vec::new();
    match compression.as_str() {
        Some("gzip") => flate2::read::GzDecoder::new(payload).read_to_end(&mut plain).unwrap(),
        Some("brotli") => brotli::Decompressor::new(payload, 4096).read_to_end(&mut plain).unwrap(),
        _ => return payload.to_vec(),
    };
    plain
}

fn entries(expect_ok: bool) -> Vec<Value> {
    let manifest = read_json("legacy/containers.json");
    let files = manifest["files"].as_array().unwrap().clone();
    files.into_iter().filter(|entry| (entry["expect"] == "ok") == expect_ok).collect()
}

fn container(entry: &Value) -> Vec<u8> {
    let container = read(&format!("legacy/{}", entry["file"].as_str().unwrap()));
    assert_eq!(entry["length"], container.len(), "{entry}");
    container
}

pub(crate) async fn containers_with_a_hash_open_to_the_manifest() {
    let manifest = read_json("legacy/containers.json");
    let key = private_key(KEY);
    let ours = PrivateKey::from_pem(&read_text(KEY)).unwrap();
    for entry in entries(true) {
        let container = container(&entry);
        let opened = open(&container, &key);
        assert_eq!(opened.key, hex(manifest["content_key_hex"].as_str().unwrap()));
        assert_eq!(opened.iv, hex(manifest["iv_hex"].as_str().unwrap()));
        let with_hash = entry["hash_prefix"].as_bool().unwrap();
        let payload = match with_hash {
            true => open_with_hash(&container, &key).unwrap(),
            false => opened.content.clone(),
        };
        let hash = sha512(&payload);
        assert_eq!(hash, hex(entry["payload_sha512_hex"].as_str().unwrap()), "{entry}");
        assert_eq!(decompress(&payload, &entry["compression"]), unbase64(&entry["plaintext_base64"]));
        // The SDK opens the same envelope; a hash would be part of the content.
        let expected = if with_hash { [hash, payload].concat() } else { payload };
        assert_eq!(ours.decrypt_container(&container).unwrap(), expected, "{entry}");
    }
}

pub(crate) async fn broken_containers_are_refused() {
    let key = private_key(KEY);
    let ours = PrivateKey::from_pem(&read_text(KEY)).unwrap();
    let broken = entries(false);
    assert_eq!(broken.len(), 3);
    for entry in broken {
        let container = container(&entry);
        assert_eq!(open_with_hash(&container, &key).unwrap_err(), entry["expect"], "{entry}");
        if !container.len().is_multiple_of(16) {
            assert_eq!(ours.decrypt_container(&container).unwrap_err().kind(), ErrorKind::Decrypt);
        }
    }
}

pub(crate) async fn envelopes_hold_the_containers() {
    let key = private_key(KEY);
    for (envelope, container) in [
        ("v1.4-file-none.json", "container-hash-none.bin"),
        ("v1.4-file-gzip.json", "container-hash-gzip.bin"),
        ("v1.4-file-raw.json", "container-hash-raw.bin"),
        ("v1.4-accounts.json", "container-hash-accounts.bin"),
    ] {
        let envelope = read_json(&format!("legacy/{envelope}"));
        let content = unbase64(&envelope["fileContent"]);
        assert_eq!(content, read(&format!("legacy/{container}")), "{container}");
        let plain = decompress(&open_with_hash(&content, &key).unwrap(), &envelope["compression"]);
        let raw = envelope["fileMetadata"]["mimetype"].is_string();
        assert_eq!(serde_json::from_slice::<Value>(&plain).is_err(), raw, "mapped files are JSON");
    }
}

pub(crate) async fn a_pushed_file_opens_with_the_postboxes_key() {
    let push = read_json("legacy/postbox.json");
    let key = private_key(&format!("legacy/{}", push["postbox_private_key"].as_str().unwrap()));
    let headers = &push["v1_4_headers"];
    let aes = key.decrypt(Oaep::new::<Sha1>(), &unbase64(&headers["symmetricalKey"])).unwrap();
    assert_eq!(aes, hex(push["aes_key_hex"].as_str().unwrap()));
    let iv = hex(headers["iv"].as_str().unwrap());
    assert_eq!(iv, hex(push["iv_hex"].as_str().unwrap()));
    let body = unbase64(&push["file_ciphertext_base64"]);
    assert_eq!(body, read("legacy/postbox-body.bin"));
    assert_eq!(aes_decrypt(&aes, &iv, &body).unwrap(), unbase64(&push["file_plaintext_base64"]));
    let descriptor = aes_decrypt(&aes, &iv, &unbase64(&headers["metadata"])).unwrap();
    assert_eq!(push["file_descriptor_text"], String::from_utf8(descriptor.clone()).unwrap());
    assert_eq!(serde_json::from_slice::<Value>(&descriptor).unwrap(), push["file_descriptor"]);
    let claims = &push["v1_5_claims_subset"];
    assert_eq!((&claims["symmetrical_key"], &claims["iv"]), (&headers["symmetricalKey"], &headers["iv"]));
    for style in ["multipart_js", "multipart_ios"] {
        let whole = read(&format!("legacy/{}", push[style]["file"].as_str().unwrap()));
        let content_type = push[style]["content_type"].as_str().unwrap();
        let boundary = content_type.split_once("boundary=").unwrap().1;
        assert!(whole.starts_with(format!("--{boundary}\r\n").as_bytes()), "{style}");
        assert!(whole.ends_with(format!("\r\n--{boundary}--\r\n").as_bytes()), "{style}");
        let head = whole.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        assert_eq!(whole[head..head + body.len()], body, "{style}");
    }
}

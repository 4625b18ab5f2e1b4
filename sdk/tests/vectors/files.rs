//! The `.enc` containers, their plain and compressed content, and `x-metadata`.

use digime::{Compression, FileMetadata, PrivateKey};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::independent::{hex, open, private_key, sha256};
use crate::support::{Server, b64, name, session, token, unb64};
use crate::tokens::contract;
use crate::{read, read_json, read_text};

/// Name, container, encrypted content and manifest entry of every container.
fn containers() -> Vec<(String, Vec<u8>, Vec<u8>, Value)> {
    let manifest = read_json("vectors.json")["containers"].clone();
    let entry = |(file, entry): (&String, &Value)| {
        let encrypted = match entry["encrypted_bytes_are"].as_str().unwrap() {
            "(the 2 bytes [])" => b"[]".to_vec(),
            "(0 bytes)" => Vec::new(),
            other => read(other),
        };
        (file.clone(), read(file), encrypted, entry.clone())
    };
    manifest.as_object().unwrap().iter().map(entry).collect()
}

pub(crate) async fn containers_open_independently_to_the_manifest() {
    let key = private_key("contract-private.pem");
    for (file, container, encrypted, entry) in containers() {
        assert_eq!(entry["length"], container.len(), "{file}");
        assert_eq!(sha256(&container), hex(entry["sha256"].as_str().unwrap()), "{file}");
        let opened = open(&container, &key);
        assert_eq!(opened.key, hex(entry["aes_key_hex"].as_str().unwrap()), "{file}");
        assert_eq!(opened.iv, hex(entry["iv_hex"].as_str().unwrap()), "{file}");
        assert_eq!(opened.content, encrypted, "{file}");
        // 272 + 16·(⌊len/16⌋ + 1), crypto §4.
        assert_eq!(container.len(), 272 + 16 * (encrypted.len() / 16 + 1), "{file}");
    }
}

pub(crate) async fn containers_open_with_the_contracts_key() {
    let key = PrivateKey::from_pem(&read_text("contract-private.pem")).unwrap();
    for (file, container, encrypted, _) in containers() {
        assert_eq!(key.decrypt_container(&container).unwrap(), encrypted, "{file}");
    }
}

/// Serves a container under a metadata header.
async fn serving(container: Vec<u8>, header: &str) -> (Server, digime::User) {
    let server = Server::without_keys().await;
    let answer = ResponseTemplate::new(200).insert_header("x-metadata", header).set_body_bytes(container);
    server.file("f.json", answer).await;
    let user = server.client().user(&contract(), token("a", "r"));
    (server, user)
}

pub(crate) async fn files_are_downloaded_decrypted_and_decompressed() {
    let plaintext = read("plaintext.json");
    let headers = read_json("vectors.json")["x_metadata"].clone();
    for (file, container, _, entry) in containers() {
        let (example, compression) = match entry["compression"].as_str() {
            None => ("mapped_none", Compression::None),
            Some("gzip") => ("mapped_gzip", Compression::Gzip),
            Some("brotli") => ("mapped_brotli", Compression::Brotli),
            Some(other) => panic!("{other}"),
        };
        let (_server, user) = serving(container, headers[example]["header"].as_str().unwrap()).await;
        let read = user.read_file(&session(), &name("f.json")).await.unwrap();
        assert_eq!(read.compression, compression, "{file}");
        assert_eq!(entry["content_length"], read.len(), "{file}");
        assert_eq!(sha256(&read.bytes()), hex(entry["content_sha256"].as_str().unwrap()), "{file}");
        if read.len() > 2 {
            assert_eq!(read.bytes(), plaintext, "{file}");
            let objects: Value = read.json().unwrap();
            assert!(!objects.as_array().unwrap().is_empty());
        }
    }
}

pub(crate) async fn metadata_headers_are_read() {
    let examples = read_json("vectors.json")["x_metadata"].clone();
    for (example, vector) in examples.as_object().unwrap() {
        let header = vector["header"].as_str().unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&unb64(header)).unwrap(), vector["json"], "{example}");
        let (_server, user) = serving(read("file-min288.enc"), header).await;
        let raw = user.read_file_raw(&session(), &name("f.json")).await.unwrap();
        assert_eq!(raw.metadata_headers, [header]);
        let (_server, user) = serving(read("file-gzip.enc"), &example_for_gzip(&vector["json"])).await;
        let metadata = user.read_file(&session(), &name("f.json")).await.unwrap().metadata;
        assert_eq!(matches!(metadata, FileMetadata::Raw(_)), example == "raw");
        assert_eq!(serde_json::to_value(&metadata).unwrap(), vector["json"]["metadata"], "{example}");
    }
}

fn example_for_gzip(example: &Value) -> String {
    b64(json!({"metadata": example["metadata"], "compression": "gzip"}).to_string())
}

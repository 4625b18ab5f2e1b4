//! Key files as people have them: each is read, or refused with words that say what it is.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::path::Path;

use digime::{ErrorKind, PrivateKey};

#[test]
fn a_key_whose_base64_spells_encrypted_is_not_called_so() {
    let damaged = "-----BEGIN PRIVATE KEY-----\nMIIEENCRYPTED\n-----END PRIVATE KEY-----\n";
    let error = PrivateKey::from_pem(damaged).unwrap_err();
    assert!(!error.to_string().contains("found an encrypted"), "{error}");
}

#[test]
fn key_files_are_read_or_named_for_what_they_are() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/key-files");
    let index: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("index.json")).unwrap()).unwrap();
    let rows = index.as_array().unwrap();
    assert!(rows.len() >= 30);
    for row in rows {
        let (file, expected) = (row["file"].as_str().unwrap(), row["sdk"].as_str().unwrap());
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        match (PrivateKey::from_pem(&text), expected) {
            (Ok(key), "read") => assert!(key.bits() >= 2048, "{file}"),
            (Ok(_), words) => panic!("{file} was read; expected {words}"),
            (Err(error), words) => {
                assert_eq!(error.kind(), ErrorKind::PrivateKey, "{file}");
                assert!(words != "read" && error.to_string().contains(words), "{file}: {error}");
            }
        }
    }
}

//! Key files as people have them, given to the program: each is read, or refused with words that say what it is.

#![cfg(feature = "cli")]
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;

#[test]
fn key_files_are_read_or_named_for_what_they_are() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/key-files");
    let index: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("index.json")).unwrap()).unwrap();
    let rows = index.as_array().unwrap();
    assert!(rows.len() >= 30);
    for row in rows {
        let (file, expected) = (row["file"].as_str().unwrap(), row["server"].as_str().unwrap());
        let contract = format!("own,read,key={}", folder.join(file).display());
        // A report that cannot be written ends the program when its settings are read.
        let output = Command::new(cargo_bin("digime-mock"))
            .args(["serve", "--port", "0", "--client-report", "no/such/report.json", "--contract", &contract])
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        match expected {
            "read" => {
                assert!(output.status.code() == Some(1) && error.contains("report.json"), "{file}: {error}")
            }
            words => {
                assert!(output.status.code() == Some(2) && error.contains(words), "{file}: {error}");
                assert!(error.contains("--contract") && error.contains(file), "{file}: {error}");
                assert!(!error.contains("MII"), "{file}: {error}");
            }
        }
    }
}

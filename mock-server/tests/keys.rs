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

/// Runs another program that reads keys; none if the machine lacks it.
fn other(program: &str, arguments: &[&str]) -> Option<(bool, String)> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => {
            let text = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
            Some((output.status.success(), text.concat()))
        }
        Err(error) => {
            eprintln!("not run, because {program} cannot be started: {error}");
            None
        }
    }
}

fn key(arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(cargo_bin("digime-mock"));
    command.arg("key").args(arguments).env_remove("DIGIME_MOCK_CONFIG").output().unwrap()
}

#[test]
fn openssl_reads_each_form_of_a_key_and_finds_the_same_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let write = |format: &str| {
        let file = path(format);
        let output = key(&["mock-read-contract", "--format", format, "--out", &file]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        file
    };
    std::fs::write(path("pem"), "what was there before").unwrap();
    let [pem, pkcs8, der, p12] = ["pem", "pkcs8", "der", "p12"].map(write);
    #[cfg(unix)]
    for file in [&pem, &der] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let modulus = |arguments: &[&str]| other("openssl", arguments);
    let Some((good, expected)) = modulus(&["rsa", "-in", &pem, "-noout", "-modulus"]) else { return };
    assert!(good && expected.starts_with("Modulus="), "{expected}");
    assert!(std::fs::read_to_string(&pem).unwrap().starts_with("-----BEGIN RSA PRIVATE KEY-----"));
    assert!(std::fs::read_to_string(&pkcs8).unwrap().starts_with("-----BEGIN PRIVATE KEY-----"));
    for arguments in [
        &["rsa", "-in", &pkcs8, "-noout", "-modulus"][..],
        &["rsa", "-inform", "DER", "-in", &der, "-noout", "-modulus"],
    ] {
        let (good, found) = modulus(arguments).unwrap();
        assert!(good && found == expected, "{arguments:?}: {found}");
    }

    let hex = String::from_utf8(key(&["mock-read-contract", "--format", "der-hex"]).stdout).unwrap();
    let digits: String = std::fs::read(&der).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex.trim_end(), digits, "the digits of the same DER");

    let opened = path("opened.pem");
    let arguments = ["pkcs12", "-in", &p12, "-passin", "pass:digime", "-nodes", "-out", &opened];
    let (good, told) = modulus(&arguments).unwrap();
    assert!(good, "{told}");
    let (good, found) = modulus(&["rsa", "-in", &opened, "-noout", "-modulus"]).unwrap();
    assert!(good && found == expected, "the key: {found}");
    let (good, found) = modulus(&["x509", "-in", &opened, "-noout", "-modulus"]).unwrap();
    assert!(good && found == expected, "its certificate: {found}");
    let (_, info) = modulus(&["pkcs12", "-in", &p12, "-passin", "pass:digime", "-noout", "-info"]).unwrap();
    assert_eq!(info.matches("pbeWithSHA1And3-KeyTripleDES-CBC").count(), 2, "{info}");
    assert!(info.contains("MAC: sha1, Iteration 2048"), "{info}");
    let (good, _) = modulus(&["pkcs12", "-in", &p12, "-passin", "pass:wrong", "-nodes"]).unwrap();
    assert!(!good, "another password opens nothing");
}

#[test]
fn java_opens_a_p12_file_with_its_password() {
    let folder = tempfile::tempdir().unwrap();
    for password in ["digime", "pässwörd with blanks, and longer than the block of its hash: 64 bytes"] {
        let file = folder.path().join("key.p12");
        let file = file.to_str().unwrap();
        let output = key(&["mock_write_contract", "--format", "p12", "--password", password, "--out", file]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // What keytool is given on its command line is ASCII.
        if !password.is_ascii() {
            let arguments = ["pkcs12", "-in", file, "-nodes", "-passin", &format!("pass:{password}")];
            let Some((good, told)) = other("openssl", &arguments) else { continue };
            assert!(good && told.contains("PRIVATE KEY"), "{told}");
            continue;
        }
        let arguments = ["-list", "-v", "-storetype", "PKCS12", "-keystore", file, "-storepass", password];
        let Some((good, told)) = other("keytool", &arguments) else { return };
        assert!(good && told.contains("PrivateKeyEntry") && told.contains("mock_write_contract"), "{told}");
    }
}

#[test]
fn a_key_that_cannot_be_given_is_told() {
    for (arguments, words) in [
        (&["unknown"][..], "there are mock-read-contract"),
        (&["mock-read-contract", "--format", "jks"], "use pem, pkcs8, der, der-hex or p12"),
        (&["mock-read-contract", "--format", "p12", "--password", ""], "--password"),
    ] {
        let output = key(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && error.contains(words), "{arguments:?}: {error}");
    }
    let output = key(&["mock-read-contract", "--out", "no/such/key.pem"]);
    assert!(output.status.code() == Some(1));
}

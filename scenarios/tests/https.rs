//! The shipped scenarios over https, at a server whose CA nobody trusts by default.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/process.rs"]
mod process;

use std::path::Path;

use digime_mock_server::MockServer;
use process::{Ran, command, ran};

fn run(folder: &Path, args: &[&str], ca: Option<&Path>) -> Ran {
    let mut command = command(folder, args);
    command.env_remove("DIGIME_CA");
    if let Some(ca) = ca {
        command.env("DIGIME_CA", ca);
    }
    ran(&mut command)
}

#[test]
fn every_shipped_scenario_passes_over_https() {
    let server = MockServer::builder()
        .tls()
        .sample_data_until("2026-01-31".parse().unwrap())
        .allow_refusals()
        .allow_unused_faults()
        .try_start()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, server.ca_certificate_pem().unwrap()).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let url = server.url();
    let all = run(root, &["run", "flows", "--check", "--base-url", &url], Some(&ca));
    let all = all.ends(0, &[" passed", "https://127.0.0.1:"]);
    assert!(!all.text.contains("failed"), "{}", all.text);

    let one = ["run", "flows/read", "--base-url", url.as_str(), "--ca"];
    let named = run(root, &[&one[..], &[ca.to_str().unwrap()]].concat(), None);
    named.ends(0, &[" passed"]);
}

#[test]
fn a_ca_that_is_missing_or_none_is_told() {
    let server = MockServer::builder().tls().try_start().unwrap();
    let stranger = MockServer::builder().tls().try_start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let url = server.url();
    let args = ["run", "flows/read", "--base-url", url.as_str()];
    run(root, &args, None).ends(3, &["certificate"]);
    let other = path("other.pem", stranger.ca_certificate_pem().unwrap());
    run(root, &[&args[..], &["--ca", &other]].concat(), None).ends(3, &["certificate"]);
    let nonsense = path("nonsense.pem", "nonsense");
    run(root, &[&args[..], &["--ca", &nonsense]].concat(), None).ends(2, &["--ca", "BEGIN CERTIFICATE"]);
    run(root, &[&args[..], &["--ca", "none.pem"]].concat(), None).ends(2, &["--ca", "none.pem"]);
}

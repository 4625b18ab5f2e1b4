//! The shipped scenarios at a server that keeps its state: those that change most of it at one with a file, and
//! all of them where `DIGIME_TEST_STATE` says, `file` or `postgres://…`.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/process.rs"]
mod process;

use std::path::Path;

use digime_mock_server::MockServer;
use digime_mock_server::settings::StatePlace;
use process::{command, ran};

/// The scenarios that change most.
const CHANGING: [&str; 6] =
    ["flows/authorize", "flows/faults", "flows/library", "flows/push", "flows/storage", "flows/tokens"];

#[test]
fn every_shipped_scenario_passes_at_a_server_that_keeps_its_state() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = std::env::var("DIGIME_TEST_STATE").ok();
    let flows: &[&str] = if wanted.is_some() { &["flows"] } else { &CHANGING };
    let state = match wanted.filter(|state| state != "file") {
        Some(url) => StatePlace::Postgres(url.parse().unwrap()),
        None => StatePlace::File(folder.path().join("state.db")),
    };
    let server = MockServer::builder()
        .sample_data_until("2026-01-31".parse().unwrap())
        .allow_refusals()
        .settings(|settings| {
            settings.state = state;
            // Snapshots show the key that such servers sign with unless they keep a state.
            settings.development_keys = true;
        })
        .try_start()
        .unwrap();
    let (root, url) = (Path::new(env!("CARGO_MANIFEST_DIR")), server.url());
    let all = ran(&mut command(root, &[&["run", "--check", "--base-url", &url], flows].concat()));
    let all = all.ends(0, &[" passed", "http://127.0.0.1:"]);
    assert!(!all.text.contains("failed"), "{}", all.text);
}

//! `digime-scenarios diff`: where two servers differ.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/folders.rs"]
mod folders;
#[path = "support/process.rs"]
mod process;

use std::path::Path;

use digime_mock_server::MockServer;
use folders::{folder, logged_in};
use process::run_in;

fn read() -> String {
    logged_in(
        "  - list:\n    until: { $.status.state: completed }\n  - accounts:\n  - http: GET permission-access/accounts\n",
    )
}

#[test]
fn servers_that_are_alike_do_not_differ() {
    // Other ports, sandboxes, keys, tokens, times and numbers of polls are no difference.
    let server = MockServer::builder()
        .seed(7)
        .sample_data_until("2026-01-31".parse().unwrap())
        .allow_refusals()
        .allow_unused_faults()
        .try_start()
        .unwrap();
    let folder = folder(&[("read", &read())]);
    run_in(folder.path(), &["diff", ".", "--base-url", &server.url()]).ends(0, &["0 of 6 steps differ"]);
}

#[test]
fn a_server_does_not_differ_from_itself_in_any_shipped_scenario() {
    let server = MockServer::builder().allow_refusals().allow_unused_faults().try_start().unwrap();
    let flows = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
    let url = server.url();
    let args = ["diff", flows.to_str().unwrap(), "--base-url", &url, "--other-base-url", &url];
    // `.ci/long-scenarios` asks twice.
    let said = run_in(Path::new("."), &args).ends(0, &["0 of "]);
    let compared =
        said.text.split("0 of ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
    assert!(compared.unwrap() > 900, "{}", said.text);
}

#[test]
fn what_drifted_is_told_by_step_and_line() {
    let server = MockServer::builder()
        .seed(8)
        .sample_data_until("2026-01-31".parse().unwrap())
        .allow_refusals()
        .allow_unused_faults()
        .try_start()
        .unwrap();
    let folder = folder(&[("read", &read())]);
    let args = ["diff", ".", "--other-base-url", &server.url()];
    let ran =
        run_in(folder.path(), &args).ends(1, &["- embedded", &format!("+ {}", server.url()), "read, step"]);
    assert!(ran.text.contains("step 5 accounts") && !ran.text.contains("step 3 exchange"), "{}", ran.text);
    let changed =
        |sign| ran.text.lines().any(|line| line.starts_with(sign) && line.contains("\"username\":"));
    assert!(changed("  - ") && changed("  + "), "{}", ran.text);
}

#[test]
fn a_step_that_one_server_cannot_run_is_a_difference() {
    let server = MockServer::builder().allow_refusals().allow_unused_faults().try_start().unwrap();
    let credentials = server.credentials();
    let contract = credentials.contract(digime_mock_server::ContractKind::Read).unwrap();
    let folder = folder(&[("clock", &logged_in("  - clock: +1h\n"))]);
    std::fs::write(folder.path().join("key.pem"), contract.private_key.as_deref().unwrap()).unwrap();
    let url = server.url();
    let mut args =
        vec!["diff", ".", "--other-base-url", &url, "--other-application-id", &contract.application_id];
    args.extend(["--other-contract", &contract.contract_id, "--other-key-file", "key.pem"]);
    run_in(folder.path(), &args).ends(1, &["step 4 clock", "+ skipped: it needs the control API"]);
}

#[test]
fn two_servers_are_needed() {
    let folder = folder(&[("read", &read())]);
    run_in(folder.path(), &["diff", "."]).ends(2, &["--other-base-url"]);
    run_in(folder.path(), &["diff", ".", "--other-base-url", "http://127.0.0.1:1"])
        .ends(3, &["cannot be reached"]);
}

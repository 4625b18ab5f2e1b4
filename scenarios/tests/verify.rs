//! `digime-scenarios verify`: the table of operations and results of a server.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/folders.rs"]
mod folders;
#[path = "support/process.rs"]
mod process;

use std::fs;

use digime_mock_server::MockServer;
use folders::{folder, logged_in};
use process::run_in;
use serde_json::Value;

/// The rows of the table that tell something.
fn tested(table: &str) -> String {
    let rows = table.lines().filter(|line| !line.contains("not tested"));
    rows.map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_operation_is_listed_with_its_results() {
    let server = MockServer::builder().allow_refusals().try_start().unwrap();
    let refused = "  - http: { request: GET permission-access/accounts, jwt: none }\n    expect: { status: 401, error: InvalidJWT }\n";
    let good = logged_in(&format!(
        "  - accounts:\n{refused}  - http: {{ request: GET /nowhere, jwt: none }}\n    expect: {{ status: 404 }}\n"
    ));
    let folder = folder(&[("good", &good)]);
    let ran = run_in(folder.path(), &["verify", ".", "--base-url", &server.url()]).ends(0, &["not tested"]);
    insta::assert_snapshot!(tested(&ran.text), @"
    operation                                        generation  result          times  verdict
    POST oauth/authorize                             v1.7        200                 1  as expected
    POST oauth/token                                 v1.7        200                 1  as expected
    GET jwks/oauth                                   -           200                 1  as expected
    GET permission-access/accounts                   v1.7        200                 1  as expected
                                                                 401 InvalidJWT      1  as expected
    page authorize                                   -           302                 1  as expected
    GET /nowhere                                     -           404 NotFound        1  as expected
    ");
}

#[test]
fn an_operation_is_listed_for_each_generation_that_was_asked() {
    let server = MockServer::builder().allow_refusals().try_start().unwrap();
    let in_generation = |generation: &str| {
        format!(
            "scenario: in {generation}\ngeneration: {generation}\nsteps:\n  - session: {{ contract: read }}\n  \
             - link: consent\n  - consent: approve\n  - finish:\n"
        )
    };
    let folder = tempfile::tempdir().unwrap();
    for generation in ["v1.4", "v1"] {
        fs::write(folder.path().join(format!("{generation}.yaml")), in_generation(generation)).unwrap();
    }
    let ran = run_in(folder.path(), &["verify", ".", "--base-url", &server.url()]).ends(0, &["not tested"]);
    insta::assert_snapshot!(tested(&ran.text), @"
    operation                                        generation  result  times  verdict
    POST permission-access/session                   v1          200         1  as expected
    POST permission-access/session                   v1.4        200         1  as expected
    link consent-access                              -           302         2  as expected
    ");
}

#[test]
fn what_differs_is_told_and_fails() {
    let server = MockServer::builder().allow_refusals().try_start().unwrap();
    let bad = logged_in("  - accounts:\n    expect:\n      $[0].serviceTypeName: Spotify\n");
    let shot = logged_in("  - accounts:\n    snapshot: result\n");
    let folder = folder(&[("bad", &bad), ("shot", &shot)]);
    let args = ["verify", ".", "--base-url", &server.url(), "--json", "out/v.json"];
    let ran = run_in(folder.path(), &args).ends(1, &["bad.yaml, step accounts:", "it is another value"]);
    assert!(!ran.text.contains("snapshot"), "that of another server proves nothing: {}", ran.text);
    let json: Value = serde_json::from_slice(&fs::read(folder.path().join("out/v.json")).unwrap()).unwrap();
    let operations = json["operations"].as_array().unwrap();
    let accounts = operations.iter().find(|it| it["operation"] == "GET permission-access/accounts").unwrap();
    assert_eq!(accounts["results"][0]["result"], "200");
    assert_eq!(accounts["results"][0]["times"], 2);
    assert_eq!(accounts["results"][0]["differences"].as_array().unwrap().len(), 1);
    let user = operations.iter().find(|it| it["operation"] == "DELETE user").unwrap();
    assert_eq!(user["results"], serde_json::json!([]));
}

#[test]
fn what_needs_the_control_api_is_skipped_at_a_server_without() {
    let server = MockServer::builder().allow_refusals().try_start().unwrap();
    let credentials = server.credentials();
    let contract = credentials.contract(digime_mock_server::ContractKind::Read).unwrap();
    let folder =
        folder(&[("clock", &logged_in("  - clock: +1h\n")), ("good", &logged_in("  - accounts:\n"))]);
    fs::write(folder.path().join("key.pem"), contract.private_key.as_deref().unwrap()).unwrap();
    let url = server.url();
    let mut args = vec!["verify", ".", "--base-url", &url, "--application-id", &contract.application_id];
    args.extend(["--contract", &contract.contract_id, "--key-file", "key.pem"]);
    run_in(folder.path(), &args).ends(0, &["1 skipped: it needs the control API", "as expected"]);
}

#[test]
fn a_server_that_is_not_there_is_3() {
    let folder = folder(&[("good", &logged_in(""))]);
    run_in(folder.path(), &["verify", ".", "--base-url", "http://127.0.0.1:1"])
        .ends(3, &["cannot be reached"]);
}

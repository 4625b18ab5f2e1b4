//! The program as a process: exit codes, snapshots, servers at a URL.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/folders.rs"]
mod folders;
#[path = "support/process.rs"]
mod process;

use std::fs;

use digime_mock_server::{ContractKind, MockServer, Operation, Timeline};
use folders::{folder, logged_in};
use process::run_in;

#[test]
fn all_passed_is_0_and_a_failure_is_1_and_tells_step_request_and_answer() {
    let good = logged_in("  - accounts:\n    expect: { $: { count: 1 } }\n");
    let bad = logged_in("  - accounts:\n    expect:\n      $[0].serviceTypeName: Spotify\n");
    let folder = folder(&[("good", &good), ("bad", &bad)]);
    run_in(folder.path(), &["run", "good.yaml", "-v"]).ends(0, &["passed  good", "1 passed"]);
    run_in(folder.path(), &["run", "."]).ends(
        1,
        &[
            "FAILED  bad",
            "step accounts",
            "bad.yaml:7:5",
            "$[0].serviceTypeName: it is another value",
            "expected: Spotify",
            "actual: Facebook",
            "request GET /v1.7/permission-access/accounts",
            "answer 200",
            "1 passed, 1 failed",
        ],
    );
}

#[test]
fn a_refusal_that_nobody_expected_is_explained_from_the_servers_journal() {
    let folder = folder(&[("bad", "\n  - authorize: { callback: 'https://evil.example/' }\n")]);
    let ran = run_in(folder.path(), &["run", "."]);
    ran.ends(1, &["404 InvalidRedirectUri", "why the server refused", "FAIL  redirect_uri"]);
}

#[test]
fn wrong_use_is_2() {
    let folder = folder(&[("good", &logged_in("")), ("bad", "\n  - acounts:\n")]);
    let path = folder.path();
    run_in(path, &["run", "."]).ends(2, &["did you mean `accounts`?", "bad.yaml:4:5"]);
    run_in(path, &["run", "good.yaml", "--filter", "nothing"]).ends(2, &["no scenario", "\"nothing\""]);
    run_in(path, &["run", "nowhere.yaml"]).ends(2, &["nowhere.yaml"]);
    run_in(path, &["run", "--no-such-flag"]).ends(2, &["--no-such-flag"]);
    run_in(path, &["run", "--accept", "--check"]).ends(2, &["--check"]);
    run_in(path, &["run", "good.yaml", "--base-url", "nonsense"]).ends(2, &["--base-url"]);
    run_in(path, &["check", "."]).ends(2, &["1 file is wrong; 1 scenarios"]);
}

#[test]
fn a_server_that_cannot_be_reached_is_3() {
    let folder = folder(&[("good", &logged_in(""))]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    run_in(folder.path(), &["run", ".", "--base-url", &url]).ends(3, &["cannot be reached", &url]);
}

#[test]
fn filter_and_tag_choose_and_list_shows() {
    let folder = folder(&[("one", &logged_in("")), ("two", &logged_in(""))]);
    let path = folder.path();
    run_in(path, &["run", ".", "--filter", "on"]).ends(0, &["1 passed"]);
    run_in(path, &["run", ".", "--tag", "two"]).ends(0, &["1 passed"]);
    run_in(path, &["run", ".", "--tag", "two", "--tag", "one", "--repeat", "3"]).ends(0, &["6 passed"]);
    let listed = run_in(path, &["list", "."]).ends(0, &["one.yaml", "two.yaml"]);
    assert!(listed.text.find("one.yaml") < listed.text.find("two.yaml"));
}

#[test]
fn reports_are_in_order_whatever_the_order_of_the_run() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let steps = logged_in("");
    let folder = folder(&names.map(|name| (name, steps.as_str())));
    for seed in ["1", "2"] {
        let ran = run_in(folder.path(), &["run", ".", "-v", "--seed", seed]).ends(0, &["6 passed", "seed"]);
        let places: Vec<_> = names.iter().map(|name| ran.text.find(&format!("passed  {name} "))).collect();
        assert!(places.is_sorted() && places[0].is_some(), "{}", ran.text);
    }
}

#[test]
fn an_operation_that_nobody_knows_is_never_counted() {
    let folder = folder(&[
        ("known", &logged_in("  - expect_requests: { token: 1, readFile: 0, unknown: 0 }\n")),
        ("unknown", &logged_in("  - expect_requests: { tokn: 0 }\n")),
    ]);
    let said = ["the server has no operation `tokn`", "did you mean `token`?", "1 passed, 1 failed"];
    run_in(folder.path(), &["run", "."]).ends(1, &said);
}

#[test]
fn fail_fast_leaves_the_rest() {
    let bad = "\n  - accounts:\n";
    let folder = folder(&[("a", bad), ("b", bad), ("c", bad)]);
    let args = ["run", ".", "--fail-fast", "--jobs", "1", "--junit", "j.xml"];
    run_in(folder.path(), &args).ends(1, &["1 failed, 2 not run"]);
    let junit = fs::read_to_string(folder.path().join("j.xml")).unwrap();
    assert_eq!(junit.matches("an earlier failure ended the run").count(), 2, "{junit}");
}

#[test]
fn a_text_and_a_number_are_told_apart() {
    let request = "http: GET permission-access/accounts";
    let steps = format!("  - {request}\n    expect: {{ $.status: '200', $.body: {{ type: string }} }}\n");
    let other = format!("  - {request}\n    expect: {{ $.status: '201' }}\n");
    let folder = folder(&[("alike", &logged_in(&steps)), ("other", &logged_in(&other))]);
    run_in(folder.path(), &["run", "."]).ends(
        1,
        &[
            "expected: \"200\"\n    actual: 200\n",
            "expected: \"201\"\n    actual: 200\n",
            // A word is no value.
            "expected: string\n",
        ],
    );
}

#[test]
fn nothing_in_a_report_steers_the_terminal() {
    let raw = "\\e[31mRED\\e[0m";
    let step = format!("  - name: \"{raw}\"\n    accounts:\n    expect: {{ '$[0].id': \"{raw}\" }}\n");
    let text = format!("scenario: \"{raw}\"\nsteps:{}", logged_in(&step));
    let folder = folder(&[]);
    fs::write(folder.path().join("a.yaml"), text).unwrap();
    let ran = run_in(folder.path(), &["run", "."]).ends(1, &["\\u{1b}[31mRED"]);
    assert!(!ran.text.contains('\u{1b}'), "{}", ran.text);
}

#[test]
fn snapshots_are_compared_written_reviewed_and_checked() {
    let steps = logged_in("  - accounts:\n    snapshot: result\n");
    let folder = folder(&[("shot", &steps)]);
    let path = folder.path();
    let snap = path.join("snapshots/shot.snap");
    run_in(path, &["run", "."]).ends(1, &["there is no snapshot yet"]);
    run_in(path, &["run", ".", "--check"]).ends(1, &["there is no snapshot yet"]);
    assert!(!snap.exists(), "neither writes");
    run_in(path, &["run", ".", "--review"]).ends(1, &[]);
    assert!(!snap.exists() && snap.with_extension("snap.new").exists());
    run_in(path, &["run", ".", "--accept"]).ends(0, &[]);
    assert!(snap.exists() && !snap.with_extension("snap.new").exists());
    run_in(path, &["run", ".", "--check", "--repeat", "3"]).ends(0, &["3 passed"]);

    let text = fs::read_to_string(&snap).unwrap();
    assert!(text.contains("\"reference\": \"[id:") && text.contains("\"createdDate\": \"[time]\""), "{text}");
    fs::write(&snap, text.replace("Facebook", "Spotify")).unwrap();
    run_in(path, &["run", ".", "--check"]).ends(
        1,
        &[
            "the snapshot differs",
            "-     \"serviceTypeName\": \"Spotify\"",
            "+     \"serviceTypeName\": \"Facebook\"",
        ],
    );

    fs::write(&snap, text).unwrap();
    fs::write(path.join("snapshots/old.snap"), "---\nsource: old\n---\nold\n").unwrap();
    run_in(path, &["run", ".", "--check"]).ends(1, &["old.snap is a snapshot that no scenario takes"]);
    run_in(path, &["run", "."]).ends(0, &[]);
}

/// A mock server at a URL, as another process would run it.
fn server() -> (tokio::runtime::Runtime, MockServer) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(MockServer::builder().timeline(Timeline::INSTANT).start());
    (runtime, server)
}

#[test]
fn a_mock_server_at_a_url_gives_each_scenario_a_sandbox() {
    let (_runtime, server) = server();
    let steps = logged_in("  - clock: +25h\n  - accounts:\n  - expect_requests: { token: 2 }\n");
    let folder = folder(&[("one", &steps), ("two", &steps)]);
    let args = ["run", ".", "--base-url", &server.url()];
    run_in(folder.path(), &args).ends(0, &["2 passed", &server.url()]);
    let authorizations = server.default_sandbox().requests().of(Operation::AUTHORIZE).count();
    assert_eq!(authorizations, 0, "the default sandbox is left alone");
}

#[test]
fn at_another_server_steps_that_need_the_control_api_are_skipped_with_a_reason() {
    let (_runtime, server) = server();
    let credentials = server.credentials();
    let contract = credentials.contract(ContractKind::Read).unwrap();
    let all =
        logged_in("  - expect_requests: { token: 1 }\n  - accounts:\n    expect: { $: { count: 1 } }\n");
    let clock = logged_in("  - clock: +25h\n  - accounts:\n    expect: { $: { count: 77 } }\n");
    let write = "\n  - authorize: { contract: write }\n";
    let seed = logged_in("server: { seed: 8 }\n");
    let folder = folder(&[("all", &all), ("clock", &clock), ("write", write), ("seed", &seed)]);
    let key = folder.path().join("key.pem");
    fs::write(&key, contract.private_key.as_deref().unwrap()).unwrap();
    let ran = run_in(
        folder.path(),
        &[
            "run",
            ".",
            "-v",
            "--base-url",
            &format!("{}/v1.7", server.url()),
            "--application-id",
            &credentials.application_id,
            "--contract",
            &contract.contract_id,
            "--key-file",
            "key.pem",
        ],
    );
    let ran = ran.ends(
        0,
        &[
            "passed  all",
            "skipped clock",
            "it needs the control API",
            "skipped write",
            "no contract of the kind write",
            "skipped seed",
            "1 passed, 3 skipped",
        ],
    );
    assert!(!ran.text.contains("PRIVATE KEY"));
}

#[test]
fn a_server_without_control_needs_credentials() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let _ = stream.read(&mut [0; 4096]).await;
            let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let folder = folder(&[("good", &logged_in(""))]);
    run_in(folder.path(), &["run", ".", "--base-url", &url]).ends(2, &["--application-id", &url]);
}

#[test]
fn the_schema_knows_every_action_and_a_new_file_is_well_formed() {
    let folder = tempfile::tempdir().unwrap();
    let schema =
        run_in(folder.path(), &["schema"]).ends(0, &["authorize", "expect_requests", "additionalProperties"]);
    let schema: serde_json::Value = serde_json::from_str(&schema.text).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    run_in(folder.path(), &["new", "my_first.yaml"]).ends(0, &["my_first.yaml"]);
    run_in(folder.path(), &["check", "."]).ends(0, &["1 scenarios"]);
    run_in(folder.path(), &["run", "."]).ends(0, &["1 passed"]);
    run_in(folder.path(), &["new", "my_first.yaml"])
        .ends(2, &["my_first.yaml is already there: name another"]);
    run_in(folder.path(), &["new", "my_first.yaml/a.yaml"]).ends(2, &["a.yaml cannot be written"]);
}

#[test]
fn secrets_stay_out_of_the_report() {
    let steps = logged_in("  - refresh:\n    expect: { $.accessToken.value: nothing }\n");
    let folder = folder(&[("secret", &steps)]);
    let ran = run_in(folder.path(), &["run", "."]).ends(1, &["actual: [token:"]);
    let long = |c: char| c.is_ascii_alphanumeric();
    let minted = ran.text.split(|c| !long(c)).find(|word| word.len() == 32);
    assert_eq!(minted, None, "{}", ran.text);
}

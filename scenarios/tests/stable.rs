//! What every step comes to is the same at another server and on another day, once it is redacted.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/process.rs"]
mod process;

use std::fs;
use std::path::Path;

use digime_mock_server::{MockServer, Timeline};
use process::run_in;

const READ: &str = "authorize: { source: 1, sample: test }\n  - consent: approve\n  - exchange:\n  - list:\n    capture: { file: '$.fileList[0].name' }\n  - accounts:\n    capture: { account: '$[0].id' }";
const WRITE: &str = "authorize: { contract: write, push: true }\n  - consent: approve\n  - exchange:\n  - accounts:\n    capture: { account: '$[0].id' }";
const MEDMIJ: &str = "authorize: { source: 30103, sample: default }\n  - consent: approve\n  - exchange:";
const STORAGE: &str = "storage: create\n    capture: { storage: $.id }\n  - authorize: { source: 1, sample: test, storage: '${storage}' }\n  - consent: approve\n  - exchange:\n  - storage: mine\n  - storage: { upload: { id: '${storage}', path: /a/b.txt, content: { text: hello } } }\n  - storage: { list: { id: '${storage}', recursive: true } }\n  - storage: { download: { id: '${storage}', path: /a/b.txt } }\n  - storage: { delete: { id: '${storage}', path: /a/b.txt } }\n  - storage: { upload: { id: '${storage}', path: /c/d.txt, content: { bytes: 9 } } }\n  - storage: { delete_folder: { id: '${storage}', path: /c } }";

/// In v1.4, where these two are at home.
const LINK: &str = "session: { contract: read }\n  - link: consent\n  - consent: { approve: { source: 1, data_set: test } }\n  - finish:\n  - read_all:";
const TRIGGER: &str = "session: { contract: read }\n  - authorize:\n  - consent: { approve: { source: 1, data_set: test } }\n  - exchange:\n  - session:\n  - trigger:\n  - list:";

/// Steps that show each action, by its name.
fn steps(action: &str) -> String {
    let after = |before: &str, step: &str| format!("{before}\n  - {step}");
    match action {
        "authorize" => "authorize: {}".to_owned(),
        "consent" | "exchange" => "authorize: {}\n  - consent: { approve: { source: 16 } }\n  - exchange:\n  - accounts:".to_owned(),
        "accounts" | "list" => READ.to_owned(),
        "client" => "client: { attempts: 1 }".to_owned(),
        "clock" => "clock: +1h".to_owned(),
        "contract" => "contract: {}".to_owned(),
        "delete_account" => after(READ, "delete_account: { account: '${account}' }"),
        "delete_user" => after(READ, "delete_user"),
        "discover" => "discover: { sources: { limit: 3 } }\n  - discover: { services: {} }\n  - discover: { countries: {} }\n  - discover: { sample_data_sets: { source: 1 } }".to_owned(),
        "expect_requests" => after(READ, "expect_requests: { token: 1 }"),
        "fault" => "fault: { operation: readAccounts, status: 503, times: 1 }".to_owned(),
        "finish" | "onboard" => {
            after(READ, "onboard: { source: 15, sample: test }\n  - consent: approve\n  - finish:")
        }
        "http" => {
            let requests = [
                "http: GET permission-access/accounts",
                "http: { request: GET permission-access/accounts, at_once: 5 }\n    expect: { '$.statuses[0]': 200 }",
                "http: 'GET permission-access/query/${session}/${file}'",
                "http: { request: GET permission-access/accounts, jwt: none }\n    expect: { status: 401 }",
                "http: { request: GET /nowhere, jwt: none }\n    expect: { status: 404 }",
            ];
            after(READ, &requests.join("\n  - "))
        }
        "link" => LINK.to_owned(),
        "metadata" => after(READ, "metadata: { name: '${file}' }"),
        "push" => after(WRITE, "push: { mime_type: text/plain, content: { text: Paid } }"),
        "push_provider" => after(WRITE, "push_provider: { account: '${account}', resource: { resourceType: Bundle, type: batch, entry: [] } }"),
        "read_all" => after(READ, "read_all: { concurrency: 4 }"),
        "read_file" => after(READ, "read_file: { name: '${file}' }"),
        "reauthorize" => after(READ, "reauthorize: {}\n  - consent: approve\n  - exchange:"),
        "reauthorize_account" => after(READ, "reauthorize_account: { account: '${account}' }\n  - consent: approve\n  - finish:"),
        "refresh" => after(READ, "refresh"),
        "report" => after(MEDMIJ, "report"),
        "reset" => "reset: { faults: true }".to_owned(),
        "revoke" => after(MEDMIJ, "accounts:\n    capture: { account: '$[0].id' }\n  - revoke: { account: '${account}' }\n  - consent: approve\n  - finish:"),
        "session" => after(READ, "session"),
        "storage" => STORAGE.to_owned(),
        "trigger" => TRIGGER.to_owned(),
        "wait" => "wait: 1m".to_owned(),
        other => panic!("no steps show what `{other}` comes to: write some"),
    }
}

/// All actions, as the schema names them.
fn actions() -> Vec<String> {
    let schema = run_in(Path::new("."), &["schema"]).ends(0, &[]).text;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let names = schema["$defs"]["Step"]["anyOf"][0]["enum"].as_array().unwrap();
    names.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

fn server(until: &str) -> MockServer {
    let builder = MockServer::builder().allow_refusals().allow_unused_faults().timeline(Timeline::INSTANT);
    builder.sample_data_until(until.parse().unwrap()).try_start().unwrap()
}

/// Runs all actions with snapshots of everything. `later` is how far the sandbox's day is moved first.
fn run(folder: &Path, server: &MockServer, later: &str, mode: &str) -> process::Ran {
    for action in actions() {
        let generation = if ["link", "trigger"].contains(&action.as_str()) { "v1.4" } else { "v1.7" };
        let text = format!(
            "scenario: {action}\ngeneration: {generation}\nsnapshot: everything\nsteps:\n  - clock: {later}\n    snapshot: nothing\n  - {}\n",
            steps(&action)
        );
        fs::write(folder.join(format!("{action}.yaml")), text).unwrap();
    }
    run_in(folder, &["run", ".", mode, "--base-url", &server.url()])
}

#[test]
fn every_result_of_every_step_is_the_same_at_another_server_on_another_day() {
    let folder = tempfile::tempdir().unwrap();
    let (today, another_day) = (server("2026-11-27"), server("2028-02-29"));
    let passed = format!("{} passed", actions().len());
    run(folder.path(), &today, "+0s", "--accept").ends(0, &[&passed]);
    run(folder.path(), &another_day, "+40d", "--check").ends(0, &[&passed]);
    // The snapshots do show something.
    let shown = fs::read_to_string(folder.path().join("snapshots/list.snap")).unwrap();
    assert!(shown.contains("\"name\": \"18_1_1_1_1_D[month:1]_1.1.0.0.json\""), "{shown}");
}

//! Options and the environment variables that stand for them.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/folders.rs"]
mod folders;
#[path = "support/process.rs"]
mod process;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use digime_mock_server::{ContractKind, MockServer};
use folders::{folder, logged_in};
use process::{Ran, command, ran, run_in};

fn run_with(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Ran {
    ran(command(folder, args).envs(variables.iter().copied()))
}

/// Every variable that stands for an option.
const VARIABLES: [&str; 9] = [
    "DIGIME_BASE_URL",
    "DIGIME_ONBOARD_URL",
    "DIGIME_CLOUD_URL",
    "DIGIME_APPLICATION_ID",
    "DIGIME_CONTRACT",
    "DIGIME_KEY_FILE",
    "DIGIME_ADMIN_TOKEN",
    "DIGIME_CA",
    "DIGIME_OTHER_ADMIN_TOKEN",
];

#[test]
fn every_variable_of_the_help_is_tried_below() {
    let help: String =
        ["run", "verify", "diff", "record"].map(|it| run_in(Path::new("."), &[it, "--help"]).text).concat();
    let named: std::collections::BTreeSet<_> =
        help.split("[env: ").skip(1).map(|rest| rest.split(['=', ']']).next().unwrap()).collect();
    assert_eq!(named, VARIABLES.into_iter().collect());
}

#[test]
fn a_variable_that_is_empty_or_blank_counts_as_unset() {
    let folder = folder(&[("good", "\n  - authorize: {}\n")]);
    for value in ["", " ", "\t\n"] {
        let all: Vec<_> = VARIABLES.into_iter().chain(["NO_COLOR"]).map(|name| (name, value)).collect();
        run_with(folder.path(), &["run", "."], &all).ends(0, &["1 passed", "at embedded"]);
        for command in [vec!["verify", "."], vec!["run", "good.yaml"]] {
            run_with(folder.path(), &command, &all).ends(0, &[]);
        }
        run_with(folder.path(), &["record", "r.yaml"], &all).ends(2, &["--base-url"]);
        run_with(folder.path(), &["diff", "."], &all).ends(2, &["--other-base-url"]);
    }
}

#[test]
fn a_value_that_cannot_serve_is_2_and_the_variable_is_named() {
    let server = MockServer::builder().try_start().unwrap();
    let url = server.url();
    let credentials = server.credentials();
    let key = credentials.contract(ContractKind::Read).unwrap();
    let folder = folder(&[("good", "\n  - authorize: {}\n")]);
    fs::write(folder.path().join("key.pem"), key.private_key.as_deref().unwrap()).unwrap();
    let good = [
        ("DIGIME_BASE_URL", url.as_str()),
        ("DIGIME_APPLICATION_ID", &credentials.application_id),
        ("DIGIME_CONTRACT", &key.contract_id),
        ("DIGIME_KEY_FILE", "key.pem"),
    ];
    run_with(folder.path(), &["run", "."], &good).ends(0, &["1 passed"]);
    let large = "x".repeat(100_000);
    for name in VARIABLES.into_iter().filter(|name| *name != "DIGIME_OTHER_ADMIN_TOKEN") {
        for value in ["two\nlines", "grün ✗", large.as_str()] {
            let others = good.into_iter().filter(|(other, _)| *other != name);
            let variables: Vec<_> = others.chain([(name, value)]).collect();
            let said = run_with(folder.path(), &["run", "."], &variables);
            // A file system may know no name that long; whatever it says, it is short.
            let shown: String = value.chars().take(10).collect();
            assert_eq!(said.code, 2, "{name}={shown:?}: {}", said.text);
            let said = said.ends(2, &[&format!("is the value of {name}")]);
            assert!(said.text.len() < 2_000, "{name}: {} characters", said.text.len());
        }
    }
    // What the command line says is not the variable's.
    let said = run_with(folder.path(), &["run", ".", "--base-url", "nonsense"], &[("DIGIME_BASE_URL", "x")]);
    assert!(!said.ends(2, &["nonsense"]).text.contains("DIGIME_BASE_URL"));
}

#[test]
fn a_kind_of_contract_that_nobody_knows_is_2_with_those_that_are_known() {
    let server = MockServer::builder().try_start().unwrap();
    let (url, key) = (server.url(), server.credentials());
    let key = key.contract(ContractKind::Read).unwrap();
    let folder = folder(&[("good", &logged_in(""))]);
    fs::write(folder.path().join("k.pem"), key.private_key.as_deref().unwrap()).unwrap();
    for command in ["run", "verify"] {
        let args = [
            command,
            ".",
            "--base-url",
            &url,
            "--application-id",
            "a",
            "--key-file",
            "k.pem",
            "--contract",
            "Read=c",
        ];
        run_in(folder.path(), &args)
            .ends(2, &["known are read, write, read-raw, one-off", "did you mean read?"]);
    }
    let twice = [
        "run",
        ".",
        "--base-url",
        &url,
        "--application-id",
        "a",
        "--key-file",
        "k.pem",
        "--contract",
        "c",
        "--key-file",
        "k.pem",
        "--contract",
        "read=d",
    ];
    run_in(folder.path(), &twice).ends(2, &["two of the kind read"]);
}

#[test]
fn a_run_that_proves_nothing_is_2_unless_it_is_allowed() {
    let server = MockServer::builder().try_start().unwrap();
    let (url, credentials) = (server.url(), server.credentials());
    let key = credentials.contract(ContractKind::Read).unwrap();
    let skipped = folder(&[("clock", "\n  - clock: +1h\n")]);
    fs::write(skipped.path().join("k.pem"), key.private_key.as_deref().unwrap()).unwrap();
    let there = [
        "--base-url",
        &url,
        "--application-id",
        &key.application_id,
        "--contract",
        &key.contract_id,
        "--key-file",
        "k.pem",
    ];
    for command in ["run", "verify"] {
        let args = [&[command, "."], &there[..]].concat();
        run_in(skipped.path(), &args).ends(2, &["no scenario ran to its end", "--allow-empty"]);
        run_in(skipped.path(), &[&args[..], &["--allow-empty"]].concat()).ends(0, &[]);
    }
    let empty = tempfile::tempdir().unwrap();
    for command in ["run", "verify", "check"] {
        run_in(empty.path(), &[command, "."]).ends(2, &[]);
        run_in(empty.path(), &[command, ".", "--allow-empty"]).ends(0, &[]);
    }
    run_in(empty.path(), &["run", ".", "--allow-empty"]).ends(0, &["0 scenarios in "]);
    let diff = ["diff", ".", "--base-url", &url, "--other-base-url", &url];
    run_in(empty.path(), &diff).ends(2, &["there is no scenario"]);
}

#[test]
fn a_key_that_cannot_serve_ends_the_run_at_its_start() {
    let server = MockServer::builder().try_start().unwrap();
    let folder = folder(&[("good", &logged_in(""))]);
    let elliptic = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2\nOF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r\n1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G\n-----END PRIVATE KEY-----\n";
    fs::write(folder.path().join("ec.pem"), elliptic).unwrap();
    let url = server.url();
    let args =
        ["run", ".", "--base-url", &url, "--application-id", "a", "--contract", "c", "--key-file", "ec.pem"];
    let said = run_in(folder.path(), &args).ends(2, &["--key-file \"ec.pem\"", "RSA"]);
    assert!(!said.text.contains("FAILED"), "{}", said.text);
}

#[test]
fn the_admin_token_is_an_option_of_every_command_that_calls_the_control_api() {
    let server = MockServer::builder()
        .settings(|settings| {
            settings.admin_token = Some(digime_mock_server::settings::AdminToken::new("s3cret").unwrap())
        })
        .try_start()
        .unwrap();
    let url = server.url();
    let folder = folder(&[("good", &logged_in("  - clock: +1h\n"))]);
    let token = [("DIGIME_ADMIN_TOKEN", "s3cret")];
    for command in ["run", "verify"] {
        let args = [command, ".", "--base-url", &url];
        run_in(folder.path(), &args)
            .ends(2, &["refuses access", "--admin-token or DIGIME_ADMIN_TOKEN", "no token was given"]);
        run_with(folder.path(), &args, &[("DIGIME_ADMIN_TOKEN", "wrong")])
            .ends(2, &["the token that was given is another one"]);
        run_with(folder.path(), &args, &token).ends(0, &[]);
        run_in(folder.path(), &[&args[..], &["--admin-token", "s3cret"]].concat()).ends(0, &[]);
    }
    let diff = ["diff", ".", "--base-url", &url, "--other-base-url", &url, "--other-admin-token", "s3cret"];
    run_with(folder.path(), &diff, &token).ends(0, &["0 of 4 steps differ"]);
    run_in(folder.path(), &["record", "r.yaml", "--base-url", &url]).ends(2, &["refuses access"]);
    // It is let in; what it finds is what the others sent.
    run_with(folder.path(), &["record", "r.yaml", "--base-url", &url], &token).ends(0, &["1 passed"]);
    let said = run_with(folder.path(), &["run", "--help"], &token);
    assert!(!said.text.contains("s3cret"), "the help hides it");
}

/// A server that answers every request in the same way, and tells the first line of the first request.
fn answering(answer: &'static str) -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).unwrap_or_default();
            let text = String::from_utf8_lossy(&buffer[..read]).into_owned();
            let _ = sender.send(text.lines().next().unwrap_or_default().to_owned());
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (url, asked)
}

const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

#[test]
fn a_server_that_is_no_mock_is_told_so() {
    let folder = folder(&[("good", &logged_in(""))]);
    let (url, _asked) = answering(NOT_FOUND);
    run_in(folder.path(), &["record", "r.yaml", "--base-url", &url]).ends(2, &["is no mock server", "404"]);
    run_in(folder.path(), &["run", ".", "--base-url", &url])
        .ends(2, &["is no mock server", "--application-id"]);
    let (url, _asked) = answering(FORBIDDEN);
    run_in(folder.path(), &["run", ".", "--base-url", &url]).ends(2, &["403", "a proxy before it may ask"]);
}

#[test]
fn proxy_variables_hold_for_other_machines_and_not_for_this_one() {
    let folder = folder(&[("good", &logged_in(""))]);
    let (proxy, asked) = answering(NOT_FOUND);
    let remote = ["run", ".", "--base-url", "http://api.example.invalid"];
    let through =
        [("HTTP_PROXY", proxy.as_str()), ("http_proxy", proxy.as_str()), ("NO_PROXY", ""), ("no_proxy", "")];
    run_with(folder.path(), &remote, &through).ends(2, &["is no mock server"]);
    assert!(asked.recv().unwrap().starts_with("GET http://api.example.invalid/__admin/health"));
    let around = [
        ("HTTP_PROXY", proxy.as_str()),
        ("http_proxy", proxy.as_str()),
        ("NO_PROXY", "example.invalid"),
        ("no_proxy", "example.invalid"),
    ];
    run_with(folder.path(), &remote, &around).ends(3, &["cannot be reached"]);
    let server = MockServer::builder().try_start().unwrap();
    run_with(folder.path(), &["run", ".", "--base-url", &server.url()], &through).ends(0, &["1 passed"]);
    run_with(folder.path(), &["run", "."], &through).ends(0, &["1 passed"]);
    assert!(asked.try_recv().is_err(), "nothing else came to the proxy");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error_and_a_full_disk_is() {
    let folder = folder(&[("good", "\n  - authorize: {}\n")]);
    for (args, code) in [
        (vec!["schema"], 0),
        (vec!["man"], 0),
        (vec!["completions", "bash"], 0),
        (vec!["list", "."], 0),
        (vec!["check", "."], 0),
        (vec!["check", "nowhere.yaml"], 2),
        (vec!["new", "new.yaml"], 0),
        (vec!["verify", "good.yaml"], 0),
        (vec!["run", "good.yaml", "-v"], 0),
        (vec!["--help"], 0),
    ] {
        for closed in ["stdout", "stderr"] {
            let _ = fs::remove_file(folder.path().join("new.yaml"));
            let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("digime-scenarios"));
            child.current_dir(folder.path()).args(&args).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = child.spawn().unwrap();
            let mut rest = String::new();
            match closed {
                "stdout" => {
                    drop(child.stdout.take());
                    child.stderr.take().unwrap().read_to_string(&mut rest).unwrap();
                }
                _ => {
                    drop(child.stderr.take());
                    child.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
                }
            }
            let status = child.wait().unwrap();
            assert_eq!(status.code(), Some(code), "{args:?} without {closed}: {rest}");
            assert!(!rest.contains("panicked"), "{args:?}: {rest}");
        }
    }
    if let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") {
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("digime-scenarios"));
        let output = child.arg("schema").stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("standard output cannot be written"));
    }
}

#[test]
fn completions_the_manual_and_the_version_are_written() {
    let here = Path::new(".");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        run_in(here, &["completions", shell]).ends(0, &["digime-scenarios", "allow-empty"]);
    }
    run_in(here, &["man"]).ends(0, &[".TH digime-scenarios 1", "130 stopped by Ctrl", "DIGIME_ADMIN_TOKEN"]);
    run_in(here, &["--version"]).ends(0, &["digime-scenarios 0."]);
}

#[test]
fn several_contracts_fit_into_variables() {
    let server = MockServer::builder().try_start().unwrap();
    let (url, credentials) = (server.url(), server.credentials());
    let folder = folder(&[("both", "\n  - authorize: {}\n  - authorize: { contract: write }\n")]);
    let [read, write] =
        [(ContractKind::Read, "r.pem"), (ContractKind::Write, "w.pem")].map(|(kind, file)| {
            let contract = credentials.contract(kind).unwrap();
            fs::write(folder.path().join(file), contract.private_key.as_deref().unwrap()).unwrap();
            contract.contract_id.clone()
        });
    let contracts = format!("read={read},write={write}");
    let variables = [
        ("DIGIME_BASE_URL", url.as_str()),
        ("DIGIME_APPLICATION_ID", &credentials.application_id),
        ("DIGIME_CONTRACT", &contracts),
        ("DIGIME_KEY_FILE", "r.pem,w.pem"),
    ];
    run_with(folder.path(), &["run", "."], &variables).ends(0, &["1 passed"]);
}

#[test]
fn a_ca_is_for_a_server_at_a_url() {
    let folder = folder(&[("good", "\n  - authorize: {}\n")]);
    run_in(folder.path(), &["run", ".", "--ca", "ca.pem"]).ends(2, &["--base-url <URL>"]);
    run_with(folder.path(), &["run", "."], &[("DIGIME_CA", "ca.pem")])
        .ends(2, &["--ca is the value of DIGIME_CA"]);
}

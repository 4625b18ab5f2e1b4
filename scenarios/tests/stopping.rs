//! Ctrl-C: what ran is reported, the rest is told not to have run.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/folders.rs"]
mod folders;

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use folders::{folder, logged_in};
use tempfile::TempDir;

/// Three scenarios, of which the second waits for an answer that never comes.
fn scenarios() -> (TempDir, TcpListener) {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let request = format!("http: {{ request: GET http://{}/, jwt: none }}", silent.local_addr().unwrap());
    let waits = logged_in(&format!("  - {request}\n"));
    (folder(&[("a", &logged_in("")), ("b", &waits), ("c", &logged_in(""))]), silent)
}

fn start(folder: &Path, args: &[&str]) -> Child {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("digime-scenarios"));
    command.current_dir(folder).env("NO_COLOR", "1").args(args).args(["--jobs", "1"]);
    command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// How it ends, and what it says.
fn end(mut child: Child) -> (Option<i32>, String) {
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code(), said)
}

#[test]
fn what_ran_is_reported_and_the_rest_is_not_run() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let (folder, silent) = scenarios();
        let child = start(folder.path(), &["run", ".", "-v", "--junit", "j.xml", "--json", "r.jsonl"]);
        let _held = silent.accept().unwrap();
        signal(&child, name);
        let (ended, said) = end(child);
        assert_eq!(ended, Some(code), "{said}");
        assert!(said.contains("passed  a") && said.contains("1 passed, 2 not run"), "{said}");
        let junit = fs::read_to_string(folder.path().join("j.xml")).unwrap();
        assert!(junit.contains("tests=\"3\"") && junit.matches("<skipped").count() == 2, "{junit}");
        assert_eq!(junit.matches("the run ended before").count(), 2, "nothing failed: {junit}");
        let lines = fs::read_to_string(folder.path().join("r.jsonl")).unwrap();
        let summary: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
        assert_eq!((&summary["success"], &summary["notRun"]), (&false.into(), &2.into()), "{summary}");
        // The steps that had ended are told.
        let stopped: serde_json::Value = serde_json::from_str(lines.lines().nth(2).unwrap()).unwrap();
        assert_eq!(stopped["steps"].as_array().unwrap().len(), 3, "{stopped}");
    }
}

#[test]
fn verify_and_diff_end_as_told_too() {
    for command in ["verify", "diff"] {
        let (folder, silent) = scenarios();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let other = ["diff", ".", "--other-base-url", &url];
        let args = if command == "diff" { &other[..] } else { &["verify", "."] };
        let child = start(folder.path(), args);
        let _held = silent.accept().unwrap();
        signal(&child, "INT");
        let (ended, said) = end(child);
        assert_eq!(ended, Some(130), "{command}: {said}");
    }
}

#[test]
fn a_watching_program_ends_whatever_it_does() {
    let (folder, silent) = scenarios();
    let child = start(folder.path(), &["run", ".", "--watch"]);
    let _held = silent.accept().unwrap();
    signal(&child, "INT");
    let (ended, said) = end(child);
    assert_eq!(ended, Some(130), "{said}");
}

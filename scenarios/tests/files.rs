//! Files and folders as people have them: links, twins, byte-order marks, snapshots of others.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/folders.rs"]
mod folders;
#[path = "support/process.rs"]
mod process;

use std::fs;

use folders::{folder, logged_in};
use process::{command, run_in};

const SHOT: &str = "\n  - authorize: {}\n    snapshot: result\n";

#[test]
fn a_check_judges_only_snapshots_that_the_run_could_have_used() {
    let folder = folder(&[("a", SHOT), ("b", SHOT), ("plain", "\n  - authorize: {}\n")]);
    let path = folder.path();
    run_in(path, &["run", ".", "--accept"]).ends(0, &["3 passed"]);
    run_in(path, &["run", "a.yaml", "--check"]).ends(0, &["1 passed"]);
    run_in(path, &["run", ".", "--check", "--filter", "a"]).ends(0, &[]);
    fs::write(path.join("snapshots/plain.snap"), "---\nsource: x\n---\nx\n").unwrap();
    run_in(path, &["run", "a.yaml", "--check"]).ends(0, &[]);
    run_in(path, &["run", "plain.yaml", "--check"])
        .ends(1, &["plain.snap is a snapshot that no scenario takes"]);
    fs::remove_file(path.join("snapshots/plain.snap")).unwrap();
    // A folder whose scenarios have all gone has snapshots still.
    fs::create_dir_all(path.join("gone/snapshots")).unwrap();
    fs::write(path.join("gone/snapshots/old.snap"), "---\nsource: x\n---\nx\n").unwrap();
    run_in(path, &["run", ".", "--check"]).ends(1, &["old.snap is a snapshot that no scenario takes"]);
}

#[test]
#[cfg(unix)]
fn a_file_runs_once_however_many_paths_lead_to_it() {
    let folder = folder(&[("one", "\n  - authorize: {}\n")]);
    let path = folder.path();
    std::os::unix::fs::symlink(".", path.join("back")).unwrap();
    fs::create_dir(path.join("sub")).unwrap();
    std::os::unix::fs::symlink("..", path.join("sub/up")).unwrap();
    std::os::unix::fs::symlink("one.yaml", path.join("two.yaml")).unwrap();
    run_in(path, &["run", ".", "one.yaml", "./one.yaml", "sub/.."]).ends(0, &["1 passed in"]);
    run_in(path, &["run", ".", "--check"]).ends(0, &["1 passed in"]);
}

#[test]
fn two_files_that_would_share_a_snapshot_are_an_error() {
    let folder = folder(&[("a", SHOT)]);
    let path = folder.path();
    fs::copy(path.join("a.yaml"), path.join("a.yml")).unwrap();
    for command in ["run", "check"] {
        run_in(path, &[command, "."]).ends(2, &["takes the same snapshot", "rename one of the two files"]);
    }
    fs::write(path.join("a.yml"), "scenario: without\nsteps:\n  - authorize: {}\n").unwrap();
    run_in(path, &["run", ".", "--accept"]).ends(0, &["2 passed"]);
    fs::remove_file(path.join("a.yml")).unwrap();
    fs::copy(path.join("a.yaml"), path.join("A.yaml")).unwrap();
    // On a file system without case the copy is the file itself.
    if fs::read_dir(path).unwrap().count() == 3 {
        run_in(path, &["check", "."]).ends(2, &["takes the same snapshot"]);
    }
}

#[test]
fn a_snapshot_may_begin_with_a_mark_and_accept_replaces_whatever_is_there() {
    let folder = folder(&[("a", SHOT)]);
    let path = folder.path();
    run_in(path, &["run", ".", "--accept"]).ends(0, &[]);
    let snap = path.join("snapshots/a.snap");
    let text = fs::read_to_string(&snap).unwrap();
    fs::write(&snap, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
    run_in(path, &["run", ".", "--check"]).ends(0, &[]);
    for other in [&b"no snapshot"[..], b"", b"\xff\xfe-\x00", b"---\nbegun"] {
        fs::write(&snap, other).unwrap();
        run_in(path, &["run", "."]).ends(1, &["the snapshot cannot be used"]);
        run_in(path, &["run", ".", "--accept"]).ends(0, &[]);
        assert_eq!(fs::read_to_string(&snap).unwrap(), text);
    }
}

#[test]
fn each_report_is_written_whatever_becomes_of_the_others() {
    let folder = folder(&[("good", &logged_in(""))]);
    let path = folder.path();
    fs::write(path.join("file"), "").unwrap();
    let args = ["run", ".", "--junit", "file/j.xml", "--json", "r.jsonl", "--html", "r.html"];
    run_in(path, &args).ends(2, &["1 passed", "j.xml cannot be written"]);
    assert!(path.join("r.jsonl").exists() && path.join("r.html").exists());
    let args = ["run", ".", "--junit", "file/j.xml", "--json", "file/r.jsonl", "--html", "r.html"];
    run_in(path, &args).ends(2, &["j.xml cannot be written", "r.jsonl cannot be written"]);
}

#[test]
fn a_text_that_is_a_number_serves_where_a_number_is_meant() {
    let steps = "
  - authorize: { source: '1', sample: test, straight_back: 'true' }
  - consent: approve
    capture: { success: $.parameters.success }
  - exchange:
  - http: { request: GET permission-access/accounts, at_once: '2' }
    expect: { $.statuses: { count: '2' } }
  - accounts:
    expect: { $: { count: '1', type: array }, '$[0].createdDate': { near: { value: '${now}', by: '600000' } } }
";
    run_in(folder(&[("text", steps)]).path(), &["run", "."]).ends(0, &["1 passed"]);
    for (setting, found) in [
        ("source: one", "\"one\""),
        ("source: '1.5'", "1.5"),
        ("source: ' 1'", "\" 1\""),
        ("source: '-1'", "-1"),
    ] {
        let steps = format!("\n  - authorize: {{ {setting} }}\n");
        run_in(folder(&[("text", &steps)]).path(), &["check", "."])
            .ends(2, &["expected a whole number", found]);
    }
}

#[test]
fn the_sign_of_a_template_can_be_sent() {
    let steps = "
  - authorize: { state: 'a$${HOME}b' }
    expect: { $.state: { matches: '^a[$][{]HOME}b$' } }
    capture: { state: $.state }
  - authorize: { state: '${state}' }
    expect: { $.state: 'a$${HOME}b' }
";
    run_in(folder(&[("sign", steps)]).path(), &["run", "."]).ends(0, &["1 passed"]);
}

#[test]
fn a_number_is_taken_as_it_is_written_where_a_text_is_meant() {
    let folder = folder(&[]);
    let path = folder.path();
    let text = "scenario: 007
tags: [1.10, 007]
steps:
  - authorize: { state: 1.10 }
    expect: { $.state: '1.10' }
  - authorize: { state: 123456789012345678901 }
    expect: { $.state: '123456789012345678901' }
";
    fs::write(path.join("a.yaml"), text).unwrap();
    run_in(path, &["list", "."]).ends(0, &["a.yaml\t007\t1.10 007\n"]);
    run_in(path, &["run", ".", "--tag", "1.10"]).ends(0, &["1 passed"]);
    // A parameter may become a number or a part of a text, so that its form must be said.
    fs::write(
        path.join("f.yaml"),
        "flow: f\nparameters: { v: 0 }\nsteps:\n  - authorize: { state: 'v${v}' }\n",
    )
    .unwrap();
    let user = |v: &str| format!("scenario: u\nsteps:\n  - use: f.yaml\n    with: {{ v: {v} }}\n");
    for (v, code) in [("1.5", 0), ("-1", 0), ("'1.10'", 0), ("1.0e+21", 0), ("1.10", 2), ("007", 2)] {
        fs::write(path.join("u.yaml"), user(v)).unwrap();
        let said = run_in(path, &["run", "u.yaml"]).ends(code, &[]).text;
        assert_eq!(
            said.contains("u.yaml:4:16") && said.contains("quote it if it is a text"),
            code == 2,
            "{said}"
        );
    }
}

#[test]
fn hidden_files_and_folders_are_nobodys_scenarios() {
    let folder = folder(&[("ok", "\n  - authorize: {}\n")]);
    let path = folder.path();
    fs::write(path.join("._ok.yaml"), b"\x00\x05\x16\x07\xff").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("me@machine.1234", path.join(".#ok.yaml")).unwrap();
    fs::create_dir_all(path.join(".git/snapshots")).unwrap();
    fs::write(path.join(".git/x.yml"), "no: scenario\n").unwrap();
    fs::write(path.join(".git/snapshots/x.snap"), "---\nsource: x\n---\nx\n").unwrap();
    run_in(path, &["run", ".", "--check"]).ends(0, &["1 passed in"]);
    fs::rename(path.join("ok.yaml"), path.join(".git/ok.yaml")).unwrap();
    fs::remove_file(path.join(".git/x.yml")).unwrap();
    run_in(path, &["run", ".git/ok.yaml"]).ends(0, &["1 passed"]);
    run_in(path, &["run", ".git"]).ends(0, &["1 passed"]);
}

#[test]
fn a_dash_is_standard_output() {
    let folder = folder(&[("good", "\n  - authorize: {}\n")]);
    let path = folder.path();
    let outputs = |args: &[&str]| {
        let output = command(path, args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let [report, said] = outputs(&["run", ".", "--json", "-"]);
    let lines = report.lines().map(serde_json::from_str::<serde_json::Value>);
    assert_eq!((lines.filter_map(Result::ok).count(), said.contains("1 passed")), (3, true), "{report}");
    for (option, begins) in [("--junit", "<?xml"), ("--html", "<!doctype html>")] {
        let [report, said] = outputs(&["run", ".", option, "-"]);
        assert!(report.starts_with(begins) && said.contains("1 passed"), "{report}");
    }
    let [report, said] = outputs(&["verify", ".", "--json", "-"]);
    serde_json::from_str::<serde_json::Value>(&report).unwrap();
    assert!(said.contains("as expected"), "{said}");
    let [report, _] = outputs(&["new", "-"]);
    assert!(report.contains("scenario: \"A new scenario\""), "{report}");
    run_in(path, &["run", ".", "--json", "-", "--junit", "-"]).ends(2, &["only one report"]);
    run_in(path, &["record", "-", "--base-url", "http://127.0.0.1:1"]).ends(2, &["needs a file"]);
    assert!(!path.join("-").exists());
}

//! What is wrong in scenario files is told with file, line, column and advice: one file, one mistake.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::path::Path;

use assert_cmd::Command;
use insta::{Settings, assert_snapshot};

/// The program's answer about a file, from the folder of the files, so that no path is the machine's.
fn checked(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let output = Command::cargo_bin("digime-scenarios")
        .unwrap()
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .args(["check", name])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{name}: wrong use is 2");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn each_mistake_is_told_where_it_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".yaml"))
        .collect();
    names.sort();
    assert!(names.len() >= 20);
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path("mistakes/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| {
        for name in names.iter().filter(|name| !name.starts_with("part_")) {
            assert_snapshot!(name.trim_end_matches(".yaml"), checked(name));
        }
    });
}

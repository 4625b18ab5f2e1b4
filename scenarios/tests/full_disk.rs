//! Reports and snapshots on a disk without any room.

#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/folders.rs"]
mod folders;

use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use folders::{folder, logged_in};

/// Runs a scenario while its reports have no room, and once more when they have.
const SCRIPT: &str = r#"
mkdir disk && mount -t tmpfs -o size=256k none disk
for report in j.xml r.jsonl r.html; do echo former > disk/$report; done
cat /dev/zero > disk/ballast 2> /dev/null
run() { "$1" run good.yaml --junit disk/j.xml --json disk/r.jsonl --html disk/r.html; echo "exit code $?"; }
run "$1"
ls disk
cat disk/j.xml disk/r.jsonl disk/r.html
rm disk/ballast
run "$1"
grep -c . disk/j.xml disk/r.jsonl disk/r.html
"#;

#[test]
fn reports_without_room_leave_the_former_ones_and_the_run_is_told_all_the_same() {
    let may = Command::new("unshare").args(["-rm", "true"]).output();
    if !may.is_ok_and(|output| output.status.success()) {
        println!("skipped: this system allows no file system of one's own (unshare -rm)");
        return;
    }
    let folder = folder(&[("good", &logged_in(""))]);
    let mut command = Command::new("unshare");
    command.args(["-rm", "bash", "-c", SCRIPT, "bash"]).arg(cargo_bin("digime-scenarios"));
    let output = command.current_dir(folder.path()).output().unwrap();
    let [said, told] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    let (full, roomy) = said.split_once("ballast\n").unwrap_or_else(|| panic!("{said}\n{told}"));
    assert!(full.contains("exit code 2"), "{full}\n{told}");
    for report in ["j.xml", "r.jsonl", "r.html"] {
        let line = format!("disk/{report} cannot be written: No space left on device");
        assert_eq!(told.matches(&line).count(), 1, "{told}");
    }
    // Nothing but the former reports is there, and they are whole.
    assert!(roomy.starts_with("j.xml\nr.html\nr.jsonl\nformer\nformer\nformer\n"), "{roomy}\n{told}");
    assert!(told.matches("1 passed").count() == 2, "{told}");
    assert!(roomy.contains("exit code 0"), "{roomy}\n{told}");
    let lines = |report: &str| {
        let count = roomy.lines().find_map(|line| line.strip_prefix(&format!("disk/{report}:")));
        count.unwrap().parse::<usize>().unwrap()
    };
    assert!(["j.xml", "r.jsonl", "r.html"].map(lines).iter().all(|count| *count > 1), "{roomy}");
}

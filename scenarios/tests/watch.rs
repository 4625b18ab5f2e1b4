//! `digime-scenarios run --watch`: what is changed runs again, and nothing else.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/folders.rs"]
mod folders;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use folders::{folder, logged_in};

/// Much longer than a run takes.
const PATIENCE: Duration = Duration::from_secs(60);

struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(folder: &Path, watched: &str) -> Self {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("digime-scenarios"));
        command.current_dir(folder).env("NO_COLOR", "1").args(["run", watched, "--watch", "--verbose"]);
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let output = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, lines }
    }

    /// What is said until it waits.
    #[track_caller]
    fn ran(&self) -> String {
        let mut said = String::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line == "waiting for changes" => return said,
                Ok(line) => said = said + &line + "\n",
                Err(error) => panic!("{error} after\n{said}"),
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn what_is_changed_runs_again_with_what_reuses_it() {
    let one = logged_in("");
    let folder = folder(&[("one", &one), ("two", "\n  - use: shared.yaml\n")]);
    let path = folder.path();
    let flow = "flow: shared\nsteps:\n  - authorize: {}\n";
    fs::write(path.join("shared.yaml"), flow).unwrap();
    let watching = Watching::start(path, ".");
    assert!(watching.ran().contains("2 passed"));

    fs::write(path.join("one.yaml"), format!("scenario: one\nsteps:{one}  - accounts:\n")).unwrap();
    let said = watching.ran();
    assert!(said.contains("passed  one") && said.contains("1 passed"), "{said}");

    fs::write(path.join("shared.yaml"), format!("{flow}  - accounts:\n")).unwrap();
    let said = watching.ran();
    assert!(said.contains("FAILED  two") && said.contains("1 failed"), "{said}");

    fs::write(path.join("two.yaml"), "scenario: two\nstep:\n").unwrap();
    let said = watching.ran();
    assert!(said.contains("did you mean `steps`?"), "{said}");

    fs::write(path.join("notes.txt"), "no scenario").unwrap();
    fs::write(path.join("three.yaml"), format!("scenario: three\nsteps:{one}")).unwrap();
    let said = watching.ran();
    assert!(said.contains("passed  three") && said.contains("1 passed"), "a new one, alone: {said}");
}

#[test]
fn what_stands_elsewhere_is_watched_too_and_a_change_that_makes_others_wrong_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for name in ["my", "shared", "states"] {
        fs::create_dir(path.join(name)).unwrap();
    }
    let state = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("flows/states/ann.jsonl")).unwrap();
    fs::write(path.join("states/ann.jsonl"), &state).unwrap();
    let began = "scenario: state\nserver: { state: ../states/ann.jsonl }\nsteps:\n  - authorize: {}\n";
    fs::write(path.join("my/state.yaml"), began).unwrap();
    let used = "steps:\n  - use: ../shared/flow.yaml\n    with: { source: 1 }\n";
    for name in ["a", "b"] {
        fs::write(path.join(format!("my/{name}.yaml")), format!("scenario: {name}\n{used}")).unwrap();
    }
    let flow = path.join("shared/flow.yaml");
    let good = "flow: f\nparameters: { source: 1 }\nsteps:\n  - authorize: { source: '${source}' }\n";
    fs::write(&flow, good).unwrap();
    let watching = Watching::start(path, "my");
    assert!(watching.ran().contains("3 passed"));

    fs::write(&flow, format!("{good}  - accounts:\n")).unwrap();
    let said = watching.ran();
    assert!(said.contains("FAILED  a") && said.contains("2 failed in"), "{said}");

    fs::write(&flow, good.replace("source: 1", "service: 1").replace("{source}", "{service}")).unwrap();
    let said = watching.ran();
    assert!(said.contains("my/a.yaml:4:21: unknown parameter `source`"), "{said}");
    assert!(said.contains("my/b.yaml:4:21"), "each file that is wrong: {said}");

    fs::remove_file(&flow).unwrap();
    let said = watching.ran();
    assert!(said.contains("there is no file shared/flow.yaml"), "{said}");

    fs::write(path.join("states/ann.jsonl"), &state).unwrap();
    let said = watching.ran();
    assert!(said.contains("passed  state") && said.contains("1 passed in"), "what is good runs: {said}");
    assert!(said.contains("there is no file shared/flow.yaml"), "and the rest is wrong still: {said}");

    fs::write(&flow, good).unwrap();
    let said = watching.ran();
    assert!(said.contains("2 passed in"), "{said}");

    fs::write(path.join("states/ann.jsonl"), "{}").unwrap();
    let said = watching.ran();
    assert!(said.contains("my/state.yaml:2:18"), "{said}");
}

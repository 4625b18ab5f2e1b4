//! The program as a process.

#![allow(dead_code, reason = "each test uses some of it")]

use std::path::Path;

use assert_cmd::Command;

/// What the program says and how it ends.
pub(crate) struct Ran {
    pub(crate) code: i32,
    /// Both outputs.
    pub(crate) text: String,
}

/// The program in a folder, without the variables of whoever runs the tests.
pub(crate) fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("digime-scenarios").unwrap();
    command.current_dir(folder).env("NO_COLOR", "1").args(args);
    command
}

pub(crate) fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    Ran { code: output.status.code().unwrap(), text }
}

pub(crate) fn run_in(folder: &Path, args: &[&str]) -> Ran {
    ran(&mut command(folder, args))
}

impl Ran {
    #[track_caller]
    pub(crate) fn ends(self, code: i32, mentions: &[&str]) -> Self {
        assert_eq!(self.code, code, "{}", self.text);
        for text in mentions {
            assert!(self.text.contains(text), "{text}\nis not in\n{}", self.text);
        }
        self
    }
}

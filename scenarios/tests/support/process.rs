//! The program as a process.

use std::path::Path;

use assert_cmd::Command;

/// What the program says and how it ends.
pub(crate) struct Ran {
    pub(crate) code: i32,
    /// Both outputs.
    pub(crate) text: String,
}

pub(crate) fn run_in(folder: &Path, args: &[&str]) -> Ran {
    let mut command = Command::cargo_bin("digime-scenarios").unwrap();
    let output = command.current_dir(folder).env("NO_COLOR", "1").args(args).output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    Ran { code: output.status.code().unwrap(), text }
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

//! The program with a file.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use assert_cmd::cargo::cargo_bin;

/// The program, which is killed when it is dropped.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) origin: String,
}

impl Serving {
    pub(crate) fn start(state: &Path) -> Self {
        Self::of(&mut Command::new(cargo_bin("digime-mock")), state)
    }

    /// Starts the program whose files can become this large, in KiB. The signal that tells of the limit is
    /// ignored, so that writing fails as on a full disk.
    pub(crate) fn with_little_room(state: &Path, limit: u32) -> Self {
        let script = format!("trap '' XFSZ; ulimit -S -f {limit}; exec \"$@\"");
        Self::of(Command::new("bash").args(["-c", &script, "bash"]).arg(cargo_bin("digime-mock")), state)
    }

    /// Takes the limit away.
    pub(crate) fn make_room(&self) {
        let pid = self.child.id().to_string();
        let done = Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status();
        assert!(done.unwrap().success());
    }

    fn of(command: &mut Command, state: &Path) -> Self {
        let mut child = command
            .args([
                "serve",
                "--port",
                "0",
                "--log",
                "error",
                "--pending",
                "0s",
                "--running",
                "0s",
                "--development-keys",
                "--state",
            ])
            .arg(state)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let origin = line.trim().rsplit_once(' ').expect("a banner").1.to_owned();
        Self { child, origin }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

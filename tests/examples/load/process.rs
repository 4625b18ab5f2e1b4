//! A server that runs as a process of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Fallible;

/// What this program is when it starts itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Role {
    /// The server, counting what it allocates.
    Counted,
    /// A server that has one answer and nothing else.
    Bare,
}

/// A running server, which ends with this value.
pub(crate) struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// `127.0.0.1:PORT`
    pub(crate) address: String,
    /// From the start to its first line.
    pub(crate) started_in: Duration,
}

impl Process {
    /// The server as people start it, but that it logs nothing and completes libraries at once.
    pub(crate) fn server(program: Option<&Path>, datasets: &[PathBuf]) -> Fallible<Self> {
        let beside = || -> Fallible<PathBuf> {
            let own = std::env::current_exe()?;
            Ok(own.parent().and_then(Path::parent).ok_or("no folder")?.join("digime-mock"))
        };
        let program = program.map_or_else(beside, |it| Ok(it.to_owned()))?;
        if !program.exists() {
            let hint = "cargo build --release -p digime-mock-server makes it";
            return Err(format!("{} is not there; {hint}", program.display()).into());
        }
        let mut command = Command::new(program);
        command.args(["serve", "--port", "0", "--log", "off", "--pending", "0s", "--running", "0s"]);
        for folder in datasets {
            command.arg("--dataset").arg(folder);
        }
        Self::start(&mut command)
    }

    /// This program in another role.
    pub(crate) fn of_role(role: &str, first_lines: &[&str]) -> Fallible<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--role", role]);
        let started = Instant::now();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut input = child.stdin.take().ok_or("no input")?;
        for line in first_lines {
            writeln!(input, "{line}")?;
        }
        Self::follow(child, input, started)
    }

    fn start(command: &mut Command) -> Fallible<Self> {
        let started = Instant::now();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let input = child.stdin.take().ok_or("no input")?;
        Self::follow(child, input, started)
    }

    /// The first line of each role ends with the address.
    fn follow(mut child: Child, input: ChildStdin, started: Instant) -> Fallible<Self> {
        let mut output = BufReader::new(child.stdout.take().ok_or("no output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let address = line.trim().rsplit("http://").next().ok_or("no address")?.to_owned();
        Ok(Self { child, input, output, address, started_in: started.elapsed() })
    }

    /// What it answers to a line.
    pub(crate) fn ask(&mut self, line: &str) -> Fallible<String> {
        writeln!(self.input, "{line}")?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        Ok(answer.trim().to_owned())
    }

    /// The time that the processors spent on it. The kernel counts in hundredths of a second.
    pub(crate) fn cpu(&self) -> Fallible<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<_> = stat.rsplit(") ").next().ok_or("no fields")?.split(' ').collect();
        let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Its resident memory, in MiB.
    pub(crate) fn resident(&self) -> Fallible<f64> {
        resident(self.child.id())
    }
}

/// The resident memory of a process, in MiB.
pub(crate) fn resident(process: u32) -> Fallible<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! The program that drives Chromium, one for each browser of a test.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// How often a driver is started before the test gives up.
const ATTEMPTS: u32 = 5;

/// A running driver, which ends with the value.
#[derive(Debug)]
pub(crate) struct Chromedriver {
    _process: Child,
    /// Where it takes commands.
    pub(crate) url: String,
    /// The browser that it starts.
    pub(crate) chromium: PathBuf,
}

impl Chromedriver {
    /// A driver on a free port, if this machine has it and a browser.
    pub(crate) async fn start() -> Option<Self> {
        let (Some(driver), Some(chromium)) = (found("chromedriver"), found("chromium")) else {
            println!("skipped: this machine has no chromium, or no chromedriver");
            return None;
        };
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            // The port that is free for IPv4 may be taken for IPv6, and then it gives up.
            if let Some((process, port)) = named_port(&driver, &mut said).await {
                return Some(Self { _process: process, url: format!("http://127.0.0.1:{port}"), chromium });
            }
        }
        panic!("chromedriver does not start: {said}");
    }
}

/// A driver and its port; `None` if it ended, and what it said.
async fn named_port(driver: &Path, said: &mut String) -> Option<(Child, u16)> {
    let mut command = Command::new(driver);
    command.args(["--port=0", "--log-level=SEVERE"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(port) = port_of(&line) {
            // What it says later must find a reader.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Some((process, port));
        }
        said.push_str(&line);
        said.push('\n');
    }
    None
}

fn port_of(line: &str) -> Option<u16> {
    line.strip_prefix("ChromeDriver was started successfully on port ")?.strip_suffix('.')?.parse().ok()
}

/// A program of the search path.
fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

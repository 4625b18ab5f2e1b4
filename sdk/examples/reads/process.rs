//! The processes of a measurement, and what the kernel says of them.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Files of a measurement, which end with this value.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn make() -> Self {
        let folder = std::env::temp_dir().join(format!("digime-reads-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server of a folder's files, which ends with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) origin: String,
}

impl Server {
    pub(crate) fn start(folder: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let command = command.args(["role", "serve"]).arg(folder).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut origin = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut origin).unwrap();
        Self { child, origin: origin.trim().to_owned() }
    }

    /// What the processors spent on it, in seconds. The kernel counts in hundredths.
    pub(crate) fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a client to its end; it tells what it found itself.
pub(crate) fn client(program: &Path, role: &[&str]) {
    let status = Command::new(program).arg("role").args(role).status().unwrap();
    assert!(status.success(), "{role:?}: {status}");
}

/// What the processors spent on the threads of this process, in seconds.
pub(crate) fn cpu() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    threads.map(|thread| spent(&thread.unwrap().path())).sum()
}

/// What they spent on this thread.
pub(crate) fn cpu_of_thread() -> f64 {
    spent(Path::new("/proc/thread-self"))
}

fn spent(thread: &Path) -> f64 {
    // A thread may end meanwhile.
    let text = std::fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
    text.split(' ').next().and_then(|text| text.parse::<f64>().ok()).unwrap_or_default() / 1e9
}

/// The most memory that was resident since the start, in MiB.
pub(crate) fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

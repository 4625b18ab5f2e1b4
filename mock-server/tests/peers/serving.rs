//! The program, and what the system tells of its process.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use digime_mock_server::MockServer;
use serde_json::json;
use tempfile::TempDir;

use crate::MOST_MEMORY;
use crate::client::Connection;
use crate::user::{Client, Told};

/// How long the server may take to notice what became of its connections.
const SOON: Duration = Duration::from_secs(10);

/// The program, which is killed when it is dropped.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) origin: String,
    /// Its log, and files of the test.
    pub(crate) folder: TempDir,
}

impl Serving {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::under("", arguments)
    }

    /// Starts the program behind the commands of a shell, which end in a semicolon. `$FOLDER` is the test's.
    pub(crate) fn under(commands: &str, arguments: &[&str]) -> Self {
        Self::by(&["bash"], commands, arguments)
    }

    /// As [`Self::under`], by another way to start the shell.
    pub(crate) fn by(shell: &[&str], commands: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).args(["-c", &format!("{commands} exec \"$@\""), "bash"]);
        command.arg(cargo_bin("digime-mock")).args(["serve", "--port", "0", "--log", "warn"]);
        command.args(["--pending", "0s", "--running", "0s", "--development-keys"]);
        let folder_name = folder.path().to_str().unwrap();
        command.args(arguments.iter().map(|argument| argument.replace("$FOLDER", folder_name)));
        command.env("FOLDER", folder_name).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some((_, origin)) = line.trim().rsplit_once(' ') else {
            panic!("no banner: {}", fs::read_to_string(folder.path().join("log")).unwrap());
        };
        let origin = origin.to_owned();
        Self { child, origin, folder }
    }

    /// A client of the platform.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.origin, credentials()).unwrap()
    }

    /// Another client goes through a whole flow, from the consent to the files; how long it takes.
    pub(crate) fn serves_others(&self) -> Duration {
        let start = Instant::now();
        let (mut client, mut told) = (self.client(), Told::default());
        client.live(1, &mut told).unwrap();
        client.verify(&told).unwrap();
        // What was pushed has gone with its user.
        let jwt = client.write.request(json!({ "access_token": told.access })).unwrap();
        client.send("DELETE /v1.7/user", &jwt).unwrap();
        start.elapsed()
    }

    /// A member of `/proc/PID/status`, in KiB.
    fn memory(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// The memory that the server has at most had, in bytes.
    pub(crate) fn most_memory(&self) -> u64 {
        self.memory("VmHWM:") * 1024
    }

    /// Tells how much memory the server has and had at most, and fails if that is too much.
    pub(crate) fn check_memory(&self, when: &str) {
        let (now, most) = (self.memory("VmRSS:"), self.memory("VmHWM:"));
        println!("{when}: {} MiB resident, {} MiB at most", now / 1024, most / 1024);
        assert!(most < MOST_MEMORY, "{when}: {most} KiB");
    }

    /// How long its threads have run.
    pub(crate) fn cpu_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // Behind the name, which may have spaces; a tick is 10 ms on every Linux.
        let after = stat.rsplit_once(") ").unwrap().1;
        let ticks = after.split(' ').skip(11).take(2).map(|text| text.parse::<u64>().unwrap()).sum::<u64>();
        Duration::from_millis(10 * ticks)
    }

    /// How many file descriptors it has.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// How many connections it has, by its own count, that of whoever asks left out.
    pub(crate) fn connections(&self) -> usize {
        let mut connection = Connection::open(&self.origin).unwrap();
        let figures = connection.send("GET /__admin/metrics", &[], b"").unwrap().body;
        let figures = String::from_utf8(figures).unwrap();
        let name = "digime_open_connections ";
        let count = figures.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        count.parse::<usize>().unwrap() - 1
    }

    /// Waits until all connections but the test's own are gone, and what they held with them.
    pub(crate) fn wait_until_free(&self, own: usize, descriptors: usize) {
        wait_for(SOON, "connections are left", || self.connections() <= own);
        wait_for(SOON, "file descriptors are left", || self.descriptors() <= descriptors + own);
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Nothing panicked, and nothing was logged as a defect.
    pub(crate) fn check_log(&self) {
        let log = self.log();
        assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            println!("the log of the server:\n{}", self.log());
        }
    }
}

/// A server with the development keys, which tells what they are.
pub(crate) fn credentials() -> &'static MockServer {
    static CREDENTIALS: LazyLock<MockServer> = LazyLock::new(|| MockServer::builder().try_start().unwrap());
    &CREDENTIALS
}

/// Waits until something is so.
pub(crate) fn wait_for(limit: Duration, otherwise: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < limit, "{otherwise} after {limit:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

//! A private PostgreSQL for a test.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use digime_mock_server::settings::StatePlace;
use digime_mock_server::{MockServer, MockServerBuilder, Timeline};
use tempfile::TempDir;

/// A cluster of a test's own.
pub(crate) struct Cluster {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
}

impl Cluster {
    /// A cluster, if this machine has PostgreSQL.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            println!("skipped: this machine has no PostgreSQL");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        // PostgreSQL refuses to run as root, and its user must reach the folder.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let cluster = Self { programs, folder, port };
        let data = cluster.data();
        cluster.run("initdb", &["-D", &data, "-U", "mock", "-A", "trust", "--no-sync"]);
        cluster.go();
        Some(cluster)
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    pub(crate) fn go(&self) {
        let options =
            format!("-p {} -c listen_addresses=127.0.0.1 -k {}", self.port, self.folder.path().display());
        let log = self.folder.path().join("log").display().to_string();
        self.run("pg_ctl", &["-D", &self.data(), "-o", &options, "-l", &log, "-w", "start"]);
    }

    pub(crate) fn stop(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"]);
    }

    /// What the database answers to a statement.
    pub(crate) fn ask(&self, statement: &str) -> String {
        let port = self.port.to_string();
        let output = Command::new(self.programs.join("psql"))
            .args(["-h", "127.0.0.1", "-p", &port, "-U", "mock", "-d", "postgres", "-Atc", statement])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout.starts_with(b"0\n");
        let mut command = match is_root {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(program);
                command
            }
            false => Command::new(program),
        };
        let done =
            command.args(arguments).current_dir("/").stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(done.unwrap().success(), "{arguments:?}");
    }

    /// A server whose state is in it.
    pub(crate) fn server(&self) -> MockServer {
        self.server_with(|builder| builder)
    }

    /// A server whose state is in it, with other settings.
    pub(crate) fn server_with(
        &self,
        change: impl FnOnce(MockServerBuilder) -> MockServerBuilder,
    ) -> MockServer {
        let url = format!("postgres://mock@127.0.0.1:{}/postgres", self.port);
        let builder = MockServer::builder().timeline(Timeline::INSTANT).allow_refusals();
        let url = url.parse().unwrap();
        let builder = builder.settings(move |settings| settings.state = StatePlace::Postgres(url));
        change(builder).try_start().unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

fn programs() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("DIGIME_TEST_POSTGRES") {
        return Some(folder.into());
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut folders: Vec<_> = versions.map(|version| version.unwrap().path().join("bin")).collect();
    folders.sort();
    folders.into_iter().rfind(|folder: &PathBuf| Path::new(&folder.join("initdb")).exists())
}

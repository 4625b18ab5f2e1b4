//! A whole sandbox as a file, by the program: real processes, real files.

#![cfg(feature = "cli")]
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use assert_cmd::Command as Checked;
use assert_cmd::cargo::cargo_bin;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// How many bytes of a content a line has.
const PIECE: usize = 48 * 1024;
/// How many files of this size a large state has: 64 MiB.
const FILES: usize = 16;
const SIZE: usize = 4 * 1024 * 1024;
/// How many users besides have nothing.
const USERS: usize = 5000;
/// By how much a server may grow, in KiB, while it takes in or gives out a large state.
const GROWTH: u64 = 24 * 1024;

/// A server on a free port.
struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(cargo_bin("digime-mock"))
            .args(["serve", "--port", "0", "--log", "error"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().rsplit_once(' ').expect("a banner").1.to_owned();
        Self { child, url }
    }

    fn state(&self, arguments: &[&str]) -> Checked {
        let mut command = Checked::new(cargo_bin("digime-mock"));
        command.arg("state").args(arguments).args(["--url", &self.url]);
        command
    }

    /// The most memory that it ever had, in KiB; none where the system does not say.
    fn most_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A file of a state, written line by line.
struct Lines {
    file: File,
    hash: Sha256,
    lines: u64,
    rows: u64,
}

impl Lines {
    fn of(path: &Path) -> Self {
        let mut lines = Self { file: File::create(path).unwrap(), hash: Sha256::new(), lines: 0, rows: 0 };
        lines.line(&format!(
            "{{\"format\":\"digime-mock state\",\"version\":1,\"product\":\"{}\",\"sandbox\":\"default0\",\
             \"contents\":\"included\",\"secrets\":\"included\",\"moved\":\"0s\",\"lifetimes\":{{\
             \"code\":\"10m\",\"accessToken\":\"1d\",\"refreshToken\":\"30d\",\"refreshGrace\":\"1m\",\
             \"session\":\"1h\"}},\"timeline\":{{\"pending\":\"750ms\",\"running\":\"1s 250ms\"}},\
             \"applications\":{{\"made\":[],\"removed\":[]}},\"faults\":[]}}",
            env!("CARGO_PKG_VERSION")
        ));
        lines
    }

    fn line(&mut self, line: &str) {
        self.hash.update(line);
        self.hash.update("\n");
        self.lines += 1;
        writeln!(self.file, "{line}").unwrap();
    }

    fn row(&mut self, table: &str, key: &str, row: &str) {
        self.rows += 1;
        self.line(&format!("{{\"table\":\"{table}\",\"key\":\"{key}\",\"row\":{row}}}"));
    }

    fn content(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(PIECE) {
            self.line(&format!("{{\"piece\":\"{}\"}}", STANDARD.encode(piece)));
        }
    }

    fn end(mut self) {
        let hash: String = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let (lines, rows) = (self.lines, self.rows);
        writeln!(self.file, "{{\"end\":{{\"lines\":{lines},\"rows\":{rows},\"sha256\":\"{hash}\"}}}}")
            .unwrap();
    }
}

/// A state with many users, of whom one has large files.
fn write_large(path: &Path) {
    let mut lines = Lines::of(path);
    let id = |number: usize| format!("default0{number:024}");
    for number in 0..USERS {
        let pushed = if number == 0 { FILES } else { 0 };
        let row =
            format!("{{\"accounts\":[],\"consents\":{{}},\"push_count\":{pushed},\"pending_count\":0}}");
        lines.row("libraries", &id(number), &row);
    }
    for number in 1..=FILES {
        let row = format!(
            "{{\"sequence\":{number},\"push\":{{\"created\":\"2026-01-01T00:00:00.000Z\",\
             \"application_id\":\"mock-app\",\"contract_id\":\"mock-write-contract\",\"descriptor\":{{\
             \"mimeType\":\"text/plain\",\"accounts\":[],\"reference\":null,\"tags\":null,\
             \"objectTypes\":null,\"serviceGroups\":null,\"providerName\":null}},\
             \"content\":{{\"follows\":{SIZE}}}}}}}"
        );
        lines.row("pushed_files", &format!("{}/{number:020}", id(0)), &row);
        lines.content(&vec![number as u8; SIZE]);
    }
    let pushed = FILES * (SIZE + 2048);
    for number in 0..USERS {
        let row = format!("{{\"Imported\":\"{}\"}}", id(number));
        lines.row("facts", &format!("imported/{}", id(number)), &row);
    }
    lines.row("facts", "pushed_bytes", &format!("{{\"PushedBytes\":{pushed}}}"));
    lines.end();
}

fn same(one: &Path, other: &Path) -> bool {
    std::fs::read(one).unwrap() == std::fs::read(other).unwrap()
}

#[test]
fn a_large_state_comes_and_goes_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let [large, again, database] =
        ["large.jsonl", "again.jsonl", "state.db"].map(|name| folder.path().join(name));
    write_large(&large);
    for arguments in [&[][..], &["--state", database.to_str().unwrap()]] {
        let server = Serving::start(arguments);
        let before = server.most_memory();
        let large = large.to_str().unwrap();
        let imported = server.state(&["import", large]).assert().success().code(0);
        let text = String::from_utf8(imported.get_output().stdout.clone()).unwrap();
        assert_eq!(text, format!("default0: {} rows\n", 2 * USERS + FILES + 1));
        server.state(&["export", again.to_str().unwrap(), "--with-secrets"]).assert().success();
        assert!(same(large.as_ref(), &again), "{arguments:?}");
        let Some((before, after)) = before.zip(server.most_memory()) else {
            println!("skipped: this system does not say how much memory a process has");
            return;
        };
        println!("{arguments:?}: {before} KiB before, at most {after} KiB");
        assert!(after - before < GROWTH, "{arguments:?}: from {before} to {after} KiB");
    }
}

#[test]
fn a_state_goes_through_pipes_and_into_files_that_their_owner_alone_reads() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.jsonl");
    let path = file.to_str().unwrap();
    let (from, to) = (Serving::start(&[]), Serving::start(&["--admin-token", "secret"]));
    let piped = from.state(&["export", "-"]).assert().success().get_output().stdout.clone();
    from.state(&["export", path, "--without-contents"]).assert().success();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let refused = to.state(&["import", "-"]).write_stdin(piped.clone()).assert().code(1);
    assert!(String::from_utf8_lossy(&refused.get_output().stderr).contains("requires the admin token"));
    let with_token = ["import", "-", "--admin-token", "secret"];
    to.state(&with_token).write_stdin(piped.clone()).assert().success();
    let mut text = String::new();
    File::open(&file).unwrap().read_to_string(&mut text).unwrap();
    assert!(text.starts_with("{\"format\":\"digime-mock state\",\"version\":1,"), "{text}");
    assert!(text.ends_with("\n") && text.contains("\"contents\":\"leftOut\""), "{text}");

    // A second server's state is not overwritten, and nothing of a bad file remains.
    let cut = &text[..text.len() / 2];
    std::fs::write(&file, cut).unwrap();
    for (arguments, code, says) in [
        (&["import", path][..], 2, "the file is"),
        (&["import", "none.jsonl"], 2, "none.jsonl cannot be read"),
        (&["import", path, "--sandbox", "abcd1234"], 2, "the file is"),
        (&["export", path, "--sandbox", "abcd1234"], 1, "no sandbox abcd1234"),
        (&["export", "none/state.jsonl"], 2, "none/state.jsonl cannot be written"),
    ] {
        let told = from.state(arguments).assert().code(code);
        let told = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
        assert!(told.contains(says), "{arguments:?}: {told}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), cut, "an export that fails leaves the file");
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names, ["state.jsonl"]);
}

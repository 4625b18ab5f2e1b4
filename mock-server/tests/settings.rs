//! Every setting from every source, with the values that people and their tools really pass: each works, or
//! stops the start with an error that says where the value came from.

#![cfg(feature = "cli")]
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use assert_cmd::cargo::cargo_bin;

/// A setting in its three forms, with a value that works.
struct Row {
    flag: &'static str,
    variable: &'static str,
    /// Absent for what the file has as tables.
    key: Option<&'static str>,
    good: &'static str,
}

const fn row(flag: &'static str, variable: &'static str, key: &'static str, good: &'static str) -> Row {
    Row { flag, variable, key: Some(key), good }
}

const ROWS: &[Row] = &[
    row("host", "HOST", "host", "localhost"),
    row("stop-delay", "STOP_DELAY", "stop.delay", "1s"),
    row("stop-limit", "STOP_LIMIT", "stop.limit", "1s"),
    row("tls", "TLS", "tls.enabled", "off"),
    row("tls-ca", "TLS_CA", "tls.ca", "folder"),
    row("tls-name", "TLS_NAMES", "tls.names", "10.0.2.2"),
    row("public-url", "PUBLIC_URL", "public_url", "http://mock.test:8080/mock"),
    row("trusted-proxy", "TRUSTED_PROXIES", "trusted_proxies", "10.0.0.0/8"),
    row("cors-origin", "CORS_ORIGINS", "cors_origins", "http://localhost:3000"),
    row("admin-token", "ADMIN_TOKEN", "admin_token", "let-me-in"),
    row("journal-size", "JOURNAL_SIZE", "journal_size", "5"),
    row("body-limit", "BODY_LIMIT", "body_limit", "5000"),
    row("push-limit", "PUSH_LIMIT", "push_limit", "5000"),
    row("push-quota", "PUSH_QUOTA", "push_quota", "5000"),
    row("storage-quota", "STORAGE_QUOTA", "storage.quota", "5000"),
    row("storage-file-limit", "STORAGE_FILE_LIMIT", "storage.file_limit", "5000"),
    row("code-lifetime", "CODE_LIFETIME", "lifetimes.code", "1m"),
    row("access-token-lifetime", "ACCESS_TOKEN_LIFETIME", "lifetimes.access_token", "1m"),
    row("refresh-token-lifetime", "REFRESH_TOKEN_LIFETIME", "lifetimes.refresh_token", "1m"),
    row("refresh-grace", "REFRESH_GRACE", "lifetimes.refresh_grace", "1m"),
    row("session-lifetime", "SESSION_LIFETIME", "lifetimes.session", "1m"),
    row("pending", "PENDING", "timeline.pending", "1s"),
    row("running", "RUNNING", "timeline.running", "1s"),
    row("seed", "SEED", "sample_data.seed", "3"),
    row("sample-data-until", "SAMPLE_DATA_UNTIL", "sample_data.until", "2026-01-31"),
    row("sample-data-months", "SAMPLE_DATA_MONTHS", "sample_data.months", "3"),
    row("log", "LOG", "log", "hyper=debug,warn"),
    row("log-format", "LOG_FORMAT", "log_format", "json"),
    row("refused-agent", "REFUSED_AGENTS", "agents.refused", "nodejs,ios"),
    row("outdated-agent", "OUTDATED_AGENTS", "agents.outdated", "nodejs@12."),
    Row { flag: "application-id", variable: "APPLICATION_ID", key: None, good: "my-app" },
    Row { flag: "contract", variable: "CONTRACTS", key: None, good: "more,read" },
];

/// Rows whose file form is a list.
const LISTS: [&str; 5] =
    ["agents.refused", "agents.outdated", "trusted_proxies", "cors_origins", "tls.names"];

/// Where a value is written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    Flag,
    Variable,
    File,
}

const SOURCES: [Source; 3] = [Source::Flag, Source::Variable, Source::File];

impl Row {
    /// How the source is called in errors.
    fn place(&self, source: Source) -> String {
        match source {
            Source::Flag => format!("--{}", self.flag),
            Source::Variable => format!("DIGIME_MOCK_{}", self.variable),
            Source::File => "mock.toml, line 2".to_owned(),
        }
    }

    fn program(&self, source: Source, value: &str, folder: &Path) -> Option<Command> {
        let mut command = program();
        match source {
            // With `=`, so that a value may begin with a dash.
            Source::Flag => command.arg(format!("--{}={value}", self.flag)),
            Source::Variable => command.env(format!("DIGIME_MOCK_{}", self.variable), value),
            Source::File => {
                let key = self.key?;
                let (table, key) = key.rsplit_once('.').unwrap_or(("", key));
                let quoted = serde_json::to_string(value).unwrap();
                let value = match self.key {
                    Some(key) if LISTS.contains(&key) => format!("[{quoted}]"),
                    _ if value.parse::<u128>().is_ok() => value.to_owned(),
                    _ => quoted,
                };
                let head = if table.is_empty() { "#".to_owned() } else { format!("[{table}]") };
                let file = folder.join("mock.toml");
                std::fs::write(&file, format!("{head}\n{key} = {value}\n")).unwrap();
                command.arg("--config").arg(file)
            }
        };
        Some(command)
    }
}

/// The program on a free port, with no settings of whoever runs the tests.
fn program() -> Command {
    let mut command = Command::new(cargo_bin("digime-mock"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DIGIME_") {
            command.env_remove(name);
        }
    }
    command.args(["serve", "--port", "0"]);
    command
}

enum End {
    /// It serves, at this address.
    Serving(Running, String),
    /// It stopped with this exit code and error.
    Stopped(Option<i32>, String),
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the program until its banner, or its end.
fn run(mut command: Command) -> End {
    let mut child = Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut output = BufReader::new(child.0.stdout.take().unwrap());
    let mut errors = child.0.stderr.take().unwrap();
    // Read meanwhile: a full pipe would stop the program before it ends.
    let errors = std::thread::spawn(move || {
        let mut text = String::new();
        errors.read_to_string(&mut text).unwrap();
        text
    });
    let mut banner = String::new();
    while output.read_line(&mut banner).unwrap() != 0 {
        if banner.contains("Stop:") {
            return End::Serving(child, banner);
        }
    }
    End::Stopped(child.0.wait().unwrap().code(), errors.join().unwrap())
}

fn stopped(command: Command) -> String {
    match run(command) {
        End::Serving(..) => panic!("it serves"),
        End::Stopped(code, error) => {
            assert_eq!(code, Some(2), "{error}");
            error
        }
    }
}

fn get(banner: &str, path: &str, headers: &str) -> String {
    let address = banner.lines().next().unwrap().rsplit_once("http://").unwrap().1;
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_good_value_works_from_every_source() {
    let folder = tempfile::tempdir().unwrap();
    for row in ROWS.iter().filter(|row| row.flag != "public-url") {
        for source in SOURCES {
            let value = row.good;
            if let Some(command) = row.program(source, value, folder.path()) {
                match run(command) {
                    End::Serving(..) => {}
                    End::Stopped(_, error) => panic!("{source:?} {}: {error}", row.flag),
                }
            }
        }
    }
}

#[test]
fn an_empty_variable_is_unset_and_an_empty_flag_or_key_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut all_empty = program();
    let mut all_blank = program();
    for row in ROWS {
        all_empty.env(format!("DIGIME_MOCK_{}", row.variable), "");
        all_blank.env(format!("DIGIME_MOCK_{}", row.variable), " \t");
        for source in [Source::Flag, Source::File] {
            for value in ["", " ", "\n"] {
                if let Some(command) = row.program(source, value, folder.path()) {
                    let error = stopped(command);
                    assert!(error.contains(&row.place(source)), "{} {source:?}: {error}", row.flag);
                    assert!(error.contains("empty"), "{error}");
                }
            }
        }
    }
    for more in ["PORT", "CONFIG", "CLIENT_REPORT", "DATASETS"] {
        all_empty.env(format!("DIGIME_MOCK_{more}"), "");
        all_blank.env(format!("DIGIME_MOCK_{more}"), "  ");
    }
    for command in [all_empty, all_blank] {
        let End::Serving(_running, banner) = run(command) else { panic!("it does not serve") };
        // The guard is the one of a server without a token: this machine only, under its own names.
        assert!(get(&banner, "/__admin/credentials", "Host: evil.example\r\n").starts_with("HTTP/1.1 403 "));
        assert!(get(&banner, "/__admin/credentials", "Host: localhost\r\n").starts_with("HTTP/1.1 200 "));
    }
}

#[test]
fn what_cannot_be_used_names_where_it_came_from() {
    let folder = tempfile::tempdir().unwrap();
    let large = "9".repeat(40);
    let long = "x".repeat(100_000);
    for row in ROWS {
        for source in SOURCES {
            for value in ["a\nb", "zwölf", large.as_str(), long.as_str(), "\u{7f}\u{1}"] {
                let Some(command) = row.program(source, value, folder.path()) else { continue };
                match run(command) {
                    // A name of a client library, say, may be of any letters.
                    End::Serving(..) => {}
                    End::Stopped(code, error) => {
                        assert_eq!(code, Some(2), "{error}");
                        assert!(error.contains(&row.place(source)), "{} {source:?}: {error}", row.flag);
                        assert!(error.len() < 600, "{error}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_token_that_no_header_can_carry_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let token = ROWS.iter().find(|row| row.flag == "admin-token").unwrap();
    let long = "secret".repeat(1000);
    for source in SOURCES {
        for value in ["secret\n", "sec\r\nret", "sécret", " secret", "secret ", long.as_str()] {
            let error = stopped(token.program(source, value, folder.path()).unwrap());
            assert!(error.contains(&token.place(source)), "{error}");
            assert!(error.contains("token") && !error.contains("cret"), "{error}");
        }
    }
}

#[test]
fn a_value_that_is_given_twice_is_told_and_a_list_adds() {
    let folder = tempfile::tempdir().unwrap();
    for row in ROWS {
        let is_list = row.flag == "contract" || row.key.is_some_and(|key| LISTS.contains(&key));
        let mut command = program();
        let second = if row.flag == "contract" { "other,write" } else { row.good };
        command.arg(format!("--{}={}", row.flag, row.good)).arg(format!("--{}={second}", row.flag));
        match run(command) {
            End::Serving(..) => assert!(is_list, "{}", row.flag),
            End::Stopped(code, error) => {
                assert!(!is_list && code == Some(2) && error.contains(row.flag), "{error}");
            }
        }
        if let Some(key) = row.key {
            let file = folder.path().join("mock.toml");
            let line = format!("{key} = \"{}\"\n", row.good);
            std::fs::write(&file, format!("{line}{line}")).unwrap();
            let mut command = program();
            command.arg("--config").arg(&file);
            let error = stopped(command);
            assert!(error.contains("mock.toml, line 2") && error.contains("duplicate key"), "{error}");
        }
    }
}

#[test]
fn a_flag_wins_over_a_variable_and_a_variable_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mock.toml");
    let id = |id: &str| {
        format!("[[applications]]\nid = \"{id}\"\n[[applications.contracts]]\nid = \"c\"\nkind = \"read\"\n")
    };
    std::fs::write(&file, id("from-file")).unwrap();
    let start = |flag: Option<&str>, variable: Option<&str>| {
        let mut command = program();
        command.arg("--config").arg(&file);
        flag.map(|flag| command.args(["--application-id", flag]));
        variable.map(|variable| command.env("DIGIME_MOCK_APPLICATION_ID", variable));
        match run(command) {
            End::Serving(_, banner) => banner,
            End::Stopped(_, error) => panic!("{error}"),
        }
    };
    assert!(start(None, None).contains("from-file"));
    assert!(start(None, Some("from-variable")).contains("from-variable"));
    assert!(start(Some("from-flag"), Some("from variable")).contains("from-flag"));
}

#[test]
fn every_application_is_shown_with_its_contracts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mock.toml");
    std::fs::write(
        &file,
        "[[applications]]\nid = \"one\"\nname = \"First\"\n\
         [[applications.contracts]]\nid = \"a\"\nkind = \"read\"\n\
         [[applications]]\nid = \"two\"\n\
         [[applications.contracts]]\nid = \"b\"\nkind = \"write\"\n",
    )
    .unwrap();
    let mut command = program();
    command.arg("--config").arg(&file);
    let End::Serving(_running, banner) = run(command) else { panic!("it does not serve") };
    let order: Vec<_> = ["id       one", "id          a (read)", "id       two", "id          b (write)"]
        .iter()
        .map(|part| banner.find(part).unwrap_or_else(|| panic!("{part}: {banner}")))
        .collect();
    assert!(order.is_sorted(), "{banner}");

    let answer = get(&banner, "/__admin/credentials", "Host: localhost\r\n");
    let credentials: serde_json::Value =
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(credentials["applicationId"], "one");
    let contracts = credentials["contracts"].as_array().unwrap();
    assert_eq!((&contracts[1]["contractId"], &contracts[1]["applicationId"]), (&"b".into(), &"two".into()));
    let applications = credentials["applications"].as_array().unwrap();
    assert_eq!(
        (&applications[0]["applicationId"], &applications[0]["name"]),
        (&"one".into(), &"First".into())
    );
    assert_eq!(applications[1]["contracts"][0]["contractId"], "b");
    assert_eq!(applications[1]["contracts"].as_array().unwrap().len(), 1);
}

#[test]
fn the_same_contract_twice_names_both_places() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mock.toml");
    let contract = "[[applications.contracts]]\nid = \"c\"\nkind = \"read\"\n";
    std::fs::write(&file, format!("[[applications]]\nid = \"a\"\n{contract}{contract}")).unwrap();
    let mut command = program();
    command.arg("--config").arg(&file);
    let error = stopped(command);
    assert!(
        error.contains("\"c\" is set twice") && error.contains("line 4") && error.contains("line 7"),
        "{error}"
    );

    let mut command = program();
    command.args(["--contract", "mock-read-contract,read"]);
    let error = stopped(command);
    assert!(error.contains("built-in") && error.contains("--contract"), "{error}");

    std::fs::write(&file, format!("[[applications]]\nid = \"a\"\n{contract}")).unwrap();
    let mut command = program();
    command.arg("--config").arg(&file).env("DIGIME_MOCK_CONTRACTS", "d,write  c,read");
    let error = stopped(command);
    assert!(error.contains("line 4") && error.contains("DIGIME_MOCK_CONTRACTS"), "{error}");
}

#[test]
fn what_starts_a_server_that_nobody_can_use_is_refused() {
    let flags: [(&[&str], &str); 9] = [
        (&["--log", "inf"], "off, error, warn, info, debug, trace"),
        (&["--log", "hyper=loud"], "off, error, warn, info, debug, trace"),
        (&["--application-id", "my app"], "is no id"),
        (&["--application-id", "a/b"], "is no id"),
        (&["--contract", "my contract,read"], "is no id"),
        (&["--contract", "c,read,group=99"], "there are 1, 2, 3"),
        (&["--contract", "c,reed"], "read, write, read-raw or one-off"),
        (&["--sample-data-until", "9999-12-31"], "1970 to 9998"),
        (&["--sample-data-until", "1969-12-31"], "1970 to 9998"),
    ];
    for (arguments, words) in flags {
        let mut command = program();
        command.args(arguments);
        let error = stopped(command);
        assert!(error.contains(words) && error.contains(arguments[0]), "{arguments:?}: {error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mock.toml");
    for text in ["applications = []\n", "[[applications]]\nid = \"a\"\ncontracts = []\n"] {
        std::fs::write(&file, text).unwrap();
        let mut command = program();
        command.arg("--config").arg(&file);
        assert!(stopped(command).contains("mock.toml, line"));
    }
}

#[test]
fn a_file_that_a_variable_names_is_told_with_the_variable() {
    let mut command = program();
    command.env("DIGIME_MOCK_CONFIG", "no/such.toml");
    let error = stopped(command);
    assert!(error.contains("no/such.toml") && error.contains("DIGIME_MOCK_CONFIG"), "{error}");
}

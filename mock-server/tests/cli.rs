//! The binary as a user meets it: real processes, real files, real signals.

#![cfg(feature = "cli")]
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use assert_cmd::Command as Checked;
use assert_cmd::cargo::cargo_bin;

fn mock() -> Checked {
    Checked::new(cargo_bin("digime-mock"))
}

/// A server on a free port.
struct Serving {
    child: Child,
    address: String,
    output: BufReader<ChildStdout>,
    banner: String,
}

impl Serving {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(cargo_bin("digime-mock"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut banner = String::new();
        while !banner.contains("Stop:") {
            assert_ne!(output.read_line(&mut banner).unwrap(), 0, "the server ended early:\n{banner}");
        }
        let address = banner.lines().next().unwrap().rsplit_once("http://").unwrap().1.to_owned();
        Self { child, address, output, banner }
    }

    fn get(&self, path: &str) -> String {
        self.ask("GET", path)
    }

    fn ask(&self, method: &str, path: &str) -> String {
        self.send(method, path, "")
    }

    fn post(&self, path: &str, body: &str) -> String {
        self.send("POST", path, body)
    }

    fn send(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        let length = body.len();
        write!(stream, "{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[cfg(unix)]
    fn stop(mut self, signal: &str) -> std::process::ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn serve_is_the_default_and_prints_what_a_client_needs() {
    let server = Serving::start(&["--port", "0"]);
    for part in
        ["/v1.7/", "/apps/saas/", "/v1/", "mock-app", "mock-read-contract (read)", "privateKey", "curl -s"]
    {
        assert!(server.banner.contains(part), "{part} is missing:\n{}", server.banner);
    }
    let command = server.banner.lines().find_map(|line| line.strip_prefix("Try:  curl -s ")).unwrap();
    let path = command.strip_prefix(&format!("http://{}", server.address)).unwrap();
    let answer = server.get(path);
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("BEGIN RSA PRIVATE KEY"),
        "{answer}"
    );
}

#[cfg(unix)]
#[test]
fn it_stops_in_good_order_when_asked_to() {
    for signal in ["-TERM", "-INT"] {
        let server = Serving::start(&["serve", "--port", "0"]);
        let address = server.address.clone();
        assert!(server.stop(signal).success(), "{signal}");
        assert!(TcpStream::connect(address).is_err());
    }
}

#[cfg(unix)]
#[test]
fn it_leaves_a_report_about_the_clients_of_all_sandboxes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let path = file.to_str().unwrap();
    let server = Serving::start(&["serve", "--port", "0", "--client-report", path]);
    let read = || -> serde_json::Value { serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap() };
    assert_eq!(read()["sandboxes"], serde_json::json!([]));
    server.get("/jwks/oauth");
    let made = server.ask("POST", "/__admin/sandboxes");
    let made: serde_json::Value = serde_json::from_str(made.split_once("\r\n\r\n").unwrap().1).unwrap();
    let sandbox = made["sandbox"].as_str().unwrap();
    // A session key begins with the tag of the sandbox that it is from.
    server.get(&format!("/v1.7/permission-access/query/{sandbox}"));
    server.ask("DELETE", &format!("/__admin/sandboxes?sandbox={sandbox}"));
    assert!(server.stop("-TERM").success());
    let report = read();
    let sandboxes = report["sandboxes"].as_array().unwrap();
    let ids: Vec<_> = sandboxes.iter().map(|it| it["sandbox"].as_str().unwrap()).collect();
    assert_eq!(ids, [sandbox, "default0"]);
    let checks = sandboxes[0]["clients"][0]["checks"].as_array().unwrap();
    let signed = checks.iter().find(|it| it["check"] == "ps512").unwrap();
    assert_eq!((&signed["failed"], &signed["offences"][0]["operation"]), (&1.into(), &"readFileList".into()));
}

#[test]
fn a_report_that_cannot_be_written_is_told_at_once() {
    let refused =
        mock().args(["serve", "--port", "0", "--client-report", "no/such/report.json"]).assert().failure();
    let error = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(error.contains("no/such/report.json cannot be written"), "{error}");
}

#[test]
fn a_port_that_is_taken_is_told_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = mock().args(["serve", "--port", &port]).assert().failure().get_output().clone();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains(&port) && error.contains("--port 0"), "{error}");
}

#[test]
fn init_writes_a_file_that_serve_reads() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("digime-mock.toml");
    let path = file.to_str().unwrap();
    mock().args(["init", path]).assert().success();
    let again = mock().args(["init", path]).assert().failure().get_output().clone();
    assert!(String::from_utf8(again.stderr).unwrap().contains("--force"));
    mock().args(["init", "--force", path]).assert().success();

    let text = std::fs::read_to_string(&file).unwrap();
    let changed =
        text.replace("id = \"mock-app\"", "id = \"my-app\"").replace("code = \"10m\"", "code = \"3s\"");
    std::fs::write(&file, changed).unwrap();
    let server = Serving::start(&["serve", "--config", path, "--port", "0"]);
    assert!(server.banner.contains("my-app"), "{}", server.banner);
}

#[test]
fn a_mistake_in_the_file_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mock.toml");
    for (text, line, part) in [
        ("port = 8080\nprot = 9\n", "2", "prot"),
        ("\n\n[lifetimes]\ncode = \"soon\"\n", "4", "soon"),
        ("port = 99999\n", "1", "99999"),
        (
            "[[applications]]\nid = \"a\"\n[[applications.contracts]]\nid = \"c\"\nkind = \"reed\"\n",
            "5",
            "reed",
        ),
        (
            "[[applications]]\nid = \"a\"\n[[applications.contracts]]\nid = \"c\"\nkind = \"read\"\nkey = \"no.pem\"\n",
            "6",
            "no.pem",
        ),
        ("port = \n", "1", "expected"),
    ] {
        std::fs::write(&file, text).unwrap();
        let output = mock()
            .args(["serve", "--port", "0", "--config", file.to_str().unwrap()])
            .assert()
            .failure()
            .get_output()
            .clone();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("mock.toml") && error.contains(part), "{text}: {error}");
        assert!(
            error.contains(&format!("line {line}")) || error.contains(&format!(":{line}")),
            "{text}: {error}"
        );
    }
    let missing = mock().args(["serve", "--config", "no/such.toml"]).assert().failure().get_output().clone();
    assert!(String::from_utf8(missing.stderr).unwrap().contains("no/such.toml"));
}

#[test]
fn settings_come_from_the_environment_too() {
    let mut command = mock();
    command.env("DIGIME_MOCK_ACCESS_TOKEN_LIFETIME", "never").args(["serve", "--port", "0"]);
    let error = String::from_utf8(command.assert().failure().get_output().stderr.clone()).unwrap();
    assert!(error.contains("never") && error.contains("DIGIME_MOCK_ACCESS_TOKEN_LIFETIME"), "{error}");
}

#[test]
fn explain_tells_why_a_request_was_refused() {
    let server = Serving::start(&["serve", "--port", "0"]);
    let answer = server.get("/v1.7/permission-access/accounts");
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    let reference = answer.lines().find_map(|line| line.strip_prefix("x-error-reference: ")).unwrap();
    let url = format!("http://{}", server.address);
    let output = mock().args(["explain", reference, "--url", &url]).assert().success().get_output().clone();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("InvalidJWT") && text.contains("FAIL  authorization header"), "{text}");

    let unknown = mock().args(["explain", "nothing", "--url", &url]).assert().failure().get_output().clone();
    assert!(!unknown.stderr.is_empty());
    let nobody = mock()
        .args(["explain", "abc", "--url", "http://127.0.0.1:1"])
        .assert()
        .failure()
        .get_output()
        .clone();
    assert!(String::from_utf8(nobody.stderr).unwrap().contains("is it running?"));
}

/// A session of an older generation that waits for an app's link, and the link.
fn waiting_link(server: &Serving, callback: &str) -> String {
    let body = r#"{"appId":"mock-app","contractId":"mock-read-contract"}"#;
    let opened = server.post("/v1.4/permission-access/session", body);
    let opened: serde_json::Value = serde_json::from_str(opened.split_once("\r\n\r\n").unwrap().1).unwrap();
    let key = opened["sessionKey"].as_str().unwrap();
    format!("digime://consent-access?sessionKey={key}&appId=mock-app&callbackUrl={callback}&resultVersion=2")
}

#[test]
fn open_answers_the_link_of_an_app_and_calls_it_back() {
    let server = Serving::start(&["serve", "--port", "0"]);
    let url = format!("http://{}", server.address);
    let open = |link: &str, more: &[&str]| {
        mock().args(["open", link, "--server", &url]).args(more).assert().get_output().clone()
    };
    let text = |output: &std::process::Output| String::from_utf8(output.stdout.clone()).unwrap();
    let error = |output: &std::process::Output| String::from_utf8(output.stderr.clone()).unwrap();

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let app = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).unwrap();
        write!(stream, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
        line
    });
    let link = waiting_link(&server, &format!("http%3A%2F%2F{address}%2Fcb%3Fx%3D1"));
    let output = open(&link, &["--call", "--service", "1", "--data-set", "test"]);
    assert_eq!(text(&output), format!("http://{address}/cb?x=1&result=SUCCESS\n204 No Content\n"));
    assert_eq!(app.join().unwrap().trim(), "GET /cb?x=1&result=SUCCESS HTTP/1.1");

    let again = open(&link, &[]);
    assert_eq!(again.status.code(), Some(1));
    assert!(error(&again).contains("answered before"), "{}", error(&again));
    let declined = open(&waiting_link(&server, "my-app%3A%2F%2Fcb"), &["--decline"]);
    assert_eq!(text(&declined), "my-app://cb?result=CANCEL\n");
    let failed = open(&waiting_link(&server, "my-app%3A%2F%2Fcb"), &["--error", "ONBOARD_ERROR"]);
    assert_eq!(text(&failed), "my-app://cb?result=ERROR\n");
    let shown = open("digime://receipt?contractId=mock-read-contract&appId=mock-app", &[]);
    assert!(text(&shown).contains("\"consented\": true"), "{}", text(&shown));
    let imported = open("digime://postbox/import", &["--sandbox", "default"]);
    assert!(text(&imported).contains("\"delivered\": 0"), "{}", text(&imported));
}

#[test]
fn open_tells_what_is_wrong() {
    let server = Serving::start(&["serve", "--port", "0"]);
    let url = format!("http://{}", server.address);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let dead = waiting_link(&server, &format!("http%3A%2F%2F{free}%2F"));
    let secure = waiting_link(&server, "https%3A%2F%2F127.0.0.1%2F");
    for (arguments, code, says) in [
        (vec!["digime://consent-access?appId=a", "--server", &url], 2, "no sessionKey"),
        (vec!["hello", "--server", &url], 2, "digime-ca-master://"),
        (vec!["digime://postbox/import", "--server", &url, "--sandbox", "none"], 1, "no sandbox none"),
        (vec!["digime://postbox/import", "--server", &url, "--call"], 2, "no callback"),
        (vec![&dead, "--server", &url, "--call"], 1, "the callback cannot be called"),
        (vec![&secure, "--server", &url, "--call"], 1, "begins with http://"),
        (vec!["digime://postbox/import", "--server", "http://127.0.0.1:1"], 1, "is it running? (--server"),
        (vec!["digime://postbox/import", "--server", "ftp://127.0.0.1"], 2, "--server"),
        (vec!["digime://postbox/import", "--approve", "--decline"], 2, "cannot be used with"),
    ] {
        let output = mock().arg("open").args(&arguments).assert().code(code).get_output().clone();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(says), "{arguments:?}: {error}");
    }
}

#[test]
fn contracts_are_made_listed_rotated_and_removed_while_the_server_runs() {
    let server = Serving::start(&["serve", "--port", "0"]);
    let url = format!("http://{}", server.address);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let contract = |arguments: &[&str], code: i32| {
        let checked = mock().arg("contract").args(arguments).args(["--server", &url]).assert().code(code);
        let output = checked.get_output().clone();
        let text = String::from_utf8(output.stdout).unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        if code == 0 { text } else { error }
    };
    let key = file("key.pem");
    let made = contract(&["new", "partner", "--id", "theirs", "--name", "A partner", "--out", &key], 0);
    assert_eq!(made, "theirs\n");
    assert!(std::fs::read_to_string(&key).unwrap().starts_with("-----BEGIN RSA PRIVATE KEY-----"));
    let taken = contract(&["new", "partner", "--id", "other", "--out", &key], 2);
    assert!(taken.contains("is already there; --force replaces it"), "{taken}");
    assert!(!contract(&["list"], 0).contains("other"), "nothing is made whose key cannot be kept");
    let shown =
        contract(&["new", "partner", "--kind", "write", "--redirect", "https://partner.example/back"], 0);
    assert!(shown.contains("-----BEGIN RSA PRIVATE KEY-----"), "{shown}");
    let listed = contract(&["list"], 0);
    assert!(listed.contains("partner  A partner\n  theirs  read\n"), "{listed}");
    let noisy = contract(&["new", "noisy", "--name", "\u{1b}[2J", "--out", "-"], 0);
    assert!(noisy.contains("-----BEGIN RSA PRIVATE KEY-----"), "- is the output: {noisy}");
    assert!(contract(&["list"], 0).contains("noisy  \\u{1b}[2J\n"), "no name steers the terminal");
    assert!(listed.contains(&format!("  {}  write\n", shown.lines().next().unwrap())), "{listed}");
    contract(&["rotate", "partner", "theirs", "--out", &key], 2);
    let first = std::fs::read_to_string(&key).unwrap();
    assert_eq!(contract(&["rotate", "partner", "theirs", "--out", &key, "--force"], 0), "theirs\n");
    assert_ne!(std::fs::read_to_string(&key).unwrap(), first);
    let rotated = contract(&["rotate", "partner", "theirs", "--overlap", "1h"], 0);
    assert!(rotated.starts_with("theirs\n-----BEGIN RSA PRIVATE KEY-----"), "{rotated}");
    assert!(contract(&["list"], 0).contains("  theirs  read  (the former key is good too)\n"));
    assert_eq!(contract(&["remove", "partner", "theirs"], 0), "");
    assert!(!contract(&["list"], 0).contains("theirs"));
    for (arguments, code, says) in [
        (vec!["remove", "partner", "theirs"], 1, "no contract \"theirs\""),
        (vec!["rotate", "nobody", "theirs"], 1, "no application \"nobody\""),
        (vec!["new", "my-partner", "--id", "no id"], 2, "contractId: "),
        (vec!["new", "partner", "--kind", "both"], 2, "read-raw or one-off"),
        (vec!["new", "partner", "--group", "999"], 2, "no service group 999"),
        (vec!["new", "partner", "--public-key", &key], 2, "found a private key"),
        (vec!["new", "partner", "--public-key", "/nowhere"], 2, "cannot be read"),
        (vec!["list", "--sandbox", "none"], 1, "no sandbox none"),
    ] {
        let error = contract(&arguments, code);
        assert!(error.contains(says), "{arguments:?}: {error}");
    }
}

#[test]
fn a_variable_that_is_no_setting_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    let mut child = Command::new(cargo_bin("digime-mock"))
        .args(["serve", "--port", "0"])
        .env("DIGIME_MOCK_ADMIN_TOKN", "secret-value")
        .env("DIGIME_MOCK_URL", "http://127.0.0.1:1")
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&file).unwrap())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let logged = std::fs::read_to_string(file).unwrap();
    assert!(logged.contains("DIGIME_MOCK_ADMIN_TOKN is no setting"), "{logged}");
    assert!(!logged.contains("secret-value") && !logged.contains("DIGIME_MOCK_URL"), "{logged}");
}

#[test]
fn contracts_outlive_the_server_with_its_state() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.db").to_str().unwrap().to_owned();
    let start = || Serving::start(&["serve", "--port", "0", "--state", &state]);
    let contract = |server: &Serving, arguments: &[&str]| {
        let url = format!("http://{}", server.address);
        let checked = mock().arg("contract").args(arguments).args(["--server", &url]).assert().success();
        String::from_utf8(checked.get_output().stdout.clone()).unwrap()
    };
    let mut server = start();
    let made = contract(&server, &["new", "partner", "--id", "theirs", "--name", "A partner"]);
    contract(&server, &["new", "mock-app", "--id", "one-more", "--kind", "write"]);
    contract(&server, &["rotate", "mock-app", "mock-read-contract"]);
    contract(&server, &["remove", "mock-app", "mock-one-off-contract"]);
    let credentials = server.get("/__admin/applications");
    let listed = contract(&server, &["list"]);
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let server = start();
    assert_eq!(contract(&server, &["list"]), listed);
    let body = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert_eq!(body(&server.get("/__admin/applications")), body(&credentials), "keys and all");
    assert!(listed.contains("one-more") && !listed.contains("one-off"), "{listed}");
    let kept = std::fs::read(&state).unwrap();
    let wal = std::fs::read(format!("{state}-wal")).unwrap_or_default();
    let private_line = made.lines().nth(4).unwrap();
    assert!(made.contains("PRIVATE KEY") && private_line.len() == 64, "{private_line}");
    let kept = String::from_utf8_lossy(&[kept, wal].concat()).into_owned();
    assert!(!kept.contains(private_line), "a key that was made for somebody is not kept");
}

#[test]
#[cfg(unix)]
fn a_server_that_was_asked_to_stop_says_so_ends_what_it_began_and_stops() {
    let mut server =
        Serving::start(&["serve", "--port", "0", "--stop-delay", "1500ms", "--stop-limit", "10s"]);
    let ready = || server.get("/__admin/ready");
    assert!(ready().starts_with("HTTP/1.1 200"), "{}", ready());
    let slow = r#"{"route":"jwks","delay":"3s","times":1}"#;
    assert!(server.post("/__admin/faults", slow).starts_with("HTTP/1.1 200"));
    let address = server.address.clone();
    let began = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "GET /v1.7/jwks/oauth HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    std::thread::sleep(std::time::Duration::from_millis(300));
    let pid = server.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    std::thread::sleep(std::time::Duration::from_millis(300));
    let stopping = ready();
    assert!(stopping.starts_with("HTTP/1.1 503") && stopping.contains("ServiceUnavailable"), "{stopping}");
    let url = format!("http://{}", server.address);
    assert_eq!(probe("health", &url, &[], 0), "ok\n");
    assert!(probe("ready", &url, &[], 1).contains("The server was asked to stop"));
    assert!(server.get("/__admin/health").starts_with("HTTP/1.1 200"), "it is alive");
    assert!(began.join().unwrap().contains("\"keys\""), "what began ends");
    assert!(server.child.wait().unwrap().success());
    assert!(TcpStream::connect(&server.address).is_err());
}

/// What `digime-mock health` or `ready` prints, or what it says went wrong.
fn probe(command: &str, url: &str, more: &[&str], code: i32) -> String {
    let checked = mock().args([command, "--server", url]).args(more).assert().code(code);
    let output = checked.get_output();
    String::from_utf8(if code == 0 { &output.stdout } else { &output.stderr }.clone()).unwrap()
}

#[test]
fn probes_tell_whether_a_server_is_up_and_can_wait_for_it() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    for command in ["health", "ready"] {
        assert!(probe(command, &url, &[], 1).contains("is it running?"), "{command}");
    }
    let waiting = std::thread::spawn(move || probe("ready", &url, &["--wait", "1m"], 0));
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(!waiting.is_finished(), "it waits");
    let server = Serving::start(&["serve", "--port", &free.port().to_string()]);
    assert_eq!(waiting.join().unwrap(), "ready\n");
    assert_eq!(probe("health", &format!("http://{}", server.address), &[], 0), "ok\n");
    assert!(probe("ready", "http://127.0.0.1:1", &["--wait", "soon"], 2).contains("soon"));
}

#[test]
fn a_probe_takes_nothing_else_for_a_server_that_is_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let started = std::time::Instant::now();
    assert!(probe("ready", &url, &["--wait", "300ms"], 1).contains("cannot be asked"));
    assert!(started.elapsed() < std::time::Duration::from_secs(4), "{:?}", started.elapsed());

    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", other.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        let _ = stream.read(&mut [0; 1000]).unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>").unwrap();
    });
    assert!(probe("health", &url, &[], 1).contains("unexpected answer"));
    answering.join().unwrap();
}

#[test]
fn logs_are_json_on_demand_with_the_reference_of_each_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    let mut child = Command::new(cargo_bin("digime-mock"))
        .args(["serve", "--port", "0", "--log-format", "json"])
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&file).unwrap())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let address = line.trim().rsplit_once("http://").unwrap().1.to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(stream, "POST /v1.7/oauth/token HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let body: serde_json::Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let logged = std::fs::read_to_string(file).unwrap();
    let lines: Vec<serde_json::Value> =
        logged.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let request = lines.iter().find(|line| line["request.operation"] == "token").expect(&logged);
    assert_eq!(request["request.reference"], body["error"]["reference"]);
    assert_eq!(request["request.status"], 401);
    assert_eq!(request["request.code"], "InvalidJWT");
    assert!(request["message"].as_str().unwrap().starts_with("POST /v1.7/oauth/token 401"), "{request}");
}

#[test]
fn a_dataset_is_the_same_for_the_same_seed_and_can_be_served() {
    let folder = tempfile::tempdir().unwrap();
    let generate = |name: &str, seed: &str| {
        let target = folder.path().join(name);
        let arguments = ["dataset", "generate", "--seed", seed, "--files", "3", "--size", "2000"];
        mock().args(arguments).arg(&target).assert().success();
        let mut files: Vec<_> = std::fs::read_dir(&target)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| (path.file_name().unwrap().to_owned(), std::fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    };
    let (one, same, other) = (generate("one", "1"), generate("same", "1"), generate("other", "2"));
    assert!(one.len() >= 4, "three files and a manifest: {}", one.len());
    assert_eq!(one, same);
    assert_ne!(one, other);
    let path = folder.path().join("one");
    let again = ["dataset", "generate", path.to_str().unwrap(), "--files", "1"];
    let output = mock().args(again).assert().code(2).get_output().clone();
    assert!(String::from_utf8(output.stderr).unwrap().contains("is not empty; --force"));
    Serving::start(&["serve", "--port", "0", "--dataset", path.to_str().unwrap()]);
    mock().args(again).arg("--force").assert().success();
    let missing =
        mock().args(["serve", "--port", "0", "--dataset", "no/such"]).assert().failure().get_output().clone();
    assert!(String::from_utf8(missing.stderr).unwrap().contains("no/such"));
}

#[test]
fn help_names_every_command() {
    let output = mock().arg("--help").assert().success().get_output().clone();
    let help = String::from_utf8(output.stdout).unwrap();
    for command in [
        "serve",
        "health",
        "ready",
        "init",
        "explain",
        "open",
        "ca",
        "key",
        "dataset",
        "completions",
        "man",
        "Exit codes:",
    ] {
        assert!(help.contains(command), "{help}");
    }
    let output = mock().args(["serve", "--help"]).assert().success().get_output().clone();
    let help = String::from_utf8(output.stdout).unwrap();
    let headings =
        ["Listening:", "Applications and clients:", "Limits:", "Sample data:", "Logs and reports:"];
    assert!(headings.iter().all(|heading| help.contains(heading)), "{help}");
    assert!(help.contains("[env: DIGIME_MOCK_TRUSTED_PROXIES]"), "{help}");
}

#[test]
fn the_version_is_told() {
    let output = mock().arg("--version").assert().success().get_output().clone();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("digime-mock {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn completions_and_manual_pages_are_printed() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = mock().args(["completions", shell]).assert().success().get_output().clone();
        assert!(String::from_utf8(output.stdout).unwrap().contains("admin-token"), "{shell}");
    }
    mock().args(["completions", "cmd"]).assert().code(2);
    for (command, word) in
        [(&["man"][..], "digime"), (&["man", "serve"], "admin"), (&["man", "dataset", "generate"], "seed")]
    {
        let output = mock().args(command).assert().success().get_output().clone();
        let page = String::from_utf8(output.stdout).unwrap();
        assert!(page.contains(".TH") && page.contains(word), "{command:?}");
    }
    let output = mock().args(["man", "sreve"]).assert().code(2).get_output().clone();
    assert!(String::from_utf8(output.stderr).unwrap().contains("there are"));
}

#[test]
fn exit_codes_tell_a_failure_from_a_mistake() {
    mock().args(["explain", "abc", "--url", "http://127.0.0.1:1"]).assert().code(1);
    mock().args(["serve", "--port", "0", "--client-report", "no/such/report.json"]).assert().code(1);
    mock().args(["serve", "--prot", "1"]).assert().code(2);
    mock().args(["serve", "--port", "x"]).assert().code(2);
    mock().args(["explain", "a-b"]).assert().code(2);
}

/// As `digime-mock … | head -1`, whose reader goes before everything is written.
#[cfg(unix)]
#[test]
fn an_output_that_is_closed_ends_quietly() {
    for arguments in [&["completions", "zsh"][..], &["man", "serve"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = Command::new(cargo_bin("digime-mock"))
            .args(arguments)
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {:?}", output.status);
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{arguments:?}");
    }
}

//! https as a user of the program sets it up: the CA that is kept, certificates of one's own, and every mistake.

#![cfg(feature = "cli")]
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tempfile::TempDir;

/// The program, for a user whose data is in this folder, with no settings of whoever runs the tests.
fn program(home: &Path) -> Command {
    let mut command = Command::new(cargo_bin("digime-mock"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DIGIME_") {
            command.env_remove(name);
        }
    }
    command.env("HOME", home).env("XDG_DATA_HOME", home.join("data")).env("LOCALAPPDATA", home.join("data"));
    command
}

struct Serving {
    child: Child,
    banner: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Serving {
    fn start(home: &Path, arguments: &[&str]) -> Self {
        let mut command = program(home);
        command.args(["serve", "--port", "0"]).args(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut banner = String::new();
        while !banner.contains("Stop:") {
            assert_ne!(output.read_line(&mut banner).unwrap(), 0, "the server ended early:\n{banner}");
        }
        Self { child, banner }
    }

    /// Where it says that it listens.
    fn url(&self) -> &str {
        self.banner.lines().next().unwrap().rsplit_once(' ').unwrap().1
    }

    fn port(&self) -> &str {
        self.url().rsplit_once(':').unwrap().1
    }
}

/// What curl says of a URL, trusting a file; none if there is no curl.
fn curl(ca: &Path, url: &str, more: &[&str]) -> Option<(bool, String)> {
    let mut command = Command::new("curl");
    command.args(["-sS", "--noproxy", "*", "--cacert"]).arg(ca).args(more).arg(url);
    match command.output() {
        Ok(output) => Some((output.status.success(), text(&output))),
        Err(error) => {
            eprintln!("not run, because curl cannot be started: {error}");
            None
        }
    }
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

fn refused(home: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = program(home);
    command.args(["serve", "--port", "0"]).args(arguments).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text = text(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    text
}

/// A certificate that signs itself, and its key, as files.
fn own(folder: &Path, name: &str, until: i32) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["own.test".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let files = ["pem", "key"].map(|kind| folder.join(format!("{name}.{kind}")));
    std::fs::write(&files[0], params.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(&files[1], key.serialize_pem()).unwrap();
    let [certificate, key] = files.map(|file| file.to_str().unwrap().to_owned());
    (certificate, key)
}

fn home() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    (folder, path)
}

#[test]
fn the_ca_is_kept_so_that_it_is_trusted_once() {
    let (_folder, home) = home();
    let ca = |arguments: &[&str]| program(&home).arg("ca").args(arguments).output().unwrap();
    let printed = ca(&[]);
    let pem = String::from_utf8(printed.stdout.clone()).unwrap();
    assert!(printed.status.success() && pem.starts_with("-----BEGIN CERTIFICATE-----"), "{pem}");
    assert!(!pem.contains("PRIVATE"));
    let told = String::from_utf8(printed.stderr.clone()).unwrap();
    let file = PathBuf::from(told.trim().rsplit_once(" kept in ").unwrap().1);
    assert!(file.starts_with(&home), "{told}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), pem);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let key = file.with_file_name("ca-key.pem");
        assert_eq!(std::fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
    }
    for run in 0..2 {
        let server = Serving::start(&home, &["--tls"]);
        assert!(server.url().starts_with("https://127.0.0.1:"), "{}", server.banner);
        assert!(server.banner.contains(file.to_str().unwrap()), "{}", server.banner);
        for host in ["127.0.0.1", "localhost"] {
            let url = format!("https://{host}:{}/__admin/credentials", server.port());
            let Some((good, text)) = curl(&file, &url, &[]) else { return };
            assert!(good && text.contains(&format!("https://{host}:")), "run {run}: {text}");
        }
    }
    assert_eq!(ca(&[]).stdout, pem.as_bytes());
    let elsewhere = home.join("elsewhere");
    let other = ca(&["--tls-ca", elsewhere.to_str().unwrap()]);
    assert_ne!(other.stdout, pem.as_bytes());
    assert!(elsewhere.join("ca.pem").exists());
}

#[test]
fn further_names_are_covered() {
    let (_folder, home) = home();
    let ca = home.join("ca");
    let config = home.join("mock.toml");
    std::fs::write(&config, "[tls]\nenabled = true\nca = \"ca\"\nnames = [\"phone.test\"]\n").unwrap();
    let server =
        Serving::start(&home, &["--config", config.to_str().unwrap(), "--public-url", "https://public.test"]);
    let inner: Vec<_> = server.banner.lines().filter(|line| line.contains("127.0.0.1:")).collect();
    let listens = |lines: &[&str]| matches!(lines, [line] if line.starts_with("  listening address "));
    assert!(listens(&inner), "links are under the public URL: {}", server.banner);
    drop(server);
    let server = Serving::start(&home, &["--config", config.to_str().unwrap(), "--tls-name", "*.more.test"]);
    for (name, covered) in
        [("phone.test", true), ("a.more.test", true), ("10.0.2.2", true), ("other.test", false)]
    {
        let to = format!("{name}:{}:127.0.0.1:{}", server.port(), server.port());
        let url = format!("https://{name}:{}/__admin/health", server.port());
        let connect = ["--connect-to", to.as_str()];
        let Some((good, text)) = curl(&ca.join("ca.pem"), &url, &connect) else { return };
        assert_eq!(good, covered, "{name}: {text}");
    }
}

#[test]
fn a_certificate_of_ones_own_switches_https_on() {
    let (_folder, home) = home();
    let (certificate, key) = own(&home, "good", 2090);
    let server = Serving::start(&home, &["--tls-cert", &certificate, "--tls-key", &key]);
    assert!(server.url().starts_with("https://") && !server.banner.contains("CA to trust"));
    let url = format!("{}/__admin/health", server.url());
    if let Some((good, text)) = curl(Path::new(&certificate), &url, &[]) {
        assert!(good, "{text}");
    }
    assert!(!home.join("data").exists(), "no CA is made that nobody needs");
    let plain = Serving::start(&home, &["--tls=false", "--tls-cert", &certificate, "--tls-key", &key]);
    assert!(plain.url().starts_with("http://"), "{}", plain.banner);
}

#[test]
fn what_cannot_serve_is_told_with_its_place() {
    let (_folder, home) = home();
    let (certificate, key) = own(&home, "good", 2090);
    let (expired, expired_key) = own(&home, "expired", 2021);
    let (_, other_key) = own(&home, "other", 2090);
    let file = |name: &str, text: &str| {
        std::fs::write(home.join(name), text).unwrap();
        home.join(name).to_str().unwrap().to_owned()
    };
    let nonsense = file("nonsense.pem", "nonsense");
    let damaged = file("damaged.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let locked = file(
        "locked.pem",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    for (arguments, words) in [
        (vec!["--tls-cert", &certificate], vec!["--tls-cert", "--tls-key"]),
        (vec!["--tls-key", &key], vec!["--tls-key", "--tls-cert"]),
        (vec!["--tls-cert", &certificate, "--tls-key", &other_key], vec!["--tls-key", "not the one"]),
        (vec!["--tls-cert", &expired, "--tls-key", &expired_key], vec!["--tls-cert", "expired"]),
        (
            vec!["--tls-cert", &nonsense, "--tls-key", &key],
            vec!["--tls-cert", "nonsense.pem", "no certificate"],
        ),
        (vec!["--tls-cert", &damaged, "--tls-key", &key], vec!["--tls-cert", "damaged"]),
        (vec!["--tls-cert", &certificate, "--tls-key", &nonsense], vec!["--tls-key", "no private key"]),
        (vec!["--tls-cert", &certificate, "--tls-key", &locked], vec!["--tls-key", "passphrase"]),
        (vec!["--tls-cert", &key, "--tls-key", &certificate], vec!["--tls-cert", "no certificate"]),
        (vec!["--tls-cert", "none.pem", "--tls-key", &key], vec!["--tls-cert", "none.pem", "cannot be read"]),
        (vec!["--tls", "--tls-ca", &nonsense], vec!["--tls-ca", "nonsense.pem"]),
        (vec!["--tls=perhaps"], vec!["--tls", "perhaps"]),
        (vec!["--tls="], vec!["--tls", "empty"]),
        (vec!["--tls", "--tls-name", "https://a"], vec!["--tls-name", "https://a"]),
    ] {
        let error = refused(&home, &arguments, &[]);
        assert!(words.iter().all(|word| error.contains(word)), "{arguments:?}: {error}");
        assert!(!error.contains("PRIVATE KEY-----"), "{error}");
    }
    let variables = [("DIGIME_MOCK_TLS", "1"), ("DIGIME_MOCK_TLS_CERT", "none.pem")];
    let error = refused(&home, &[], &variables);
    assert!(error.contains("DIGIME_MOCK_TLS_CERT"), "{error}");
    let config = file("mock.toml", "[tls]\ncertificate = \"expired.pem\"\nkey = \"expired.key\"\n");
    let error = refused(&home, &["--config", &config], &[]);
    assert!(error.contains("mock.toml, line 2, key tls.certificate") && error.contains("expired"), "{error}");
    assert!(!home.join("data").exists());
}

#[cfg(unix)]
#[test]
fn without_a_home_the_ca_needs_a_folder() {
    let (_folder, home) = home();
    let mut command = program(&home);
    command.env_remove("HOME").env_remove("XDG_DATA_HOME").args(["serve", "--port", "0", "--tls"]);
    let output = command.output().unwrap();
    let text = text(&output);
    assert!(output.status.code() == Some(1) && text.contains("--tls-ca"), "{text}");
}

#[test]
fn explain_asks_over_https() {
    let (_folder, home) = home();
    let server = Serving::start(&home, &["--tls"]);
    let ca = home.join("data/digime-mock/ca.pem");
    let url = format!("{}/v1.7/permission-access/accounts", server.url());
    let Some((_, head)) = curl(&ca, &url, &["-i"]) else { return };
    let reference = head.lines().find_map(|line| line.strip_prefix("x-error-reference: ")).unwrap();
    let explain = |more: &[&str]| {
        let arguments = ["explain", reference.trim(), "--url", server.url()];
        program(&home).args(arguments).args(more).output().unwrap()
    };
    for more in [&[][..], &["--ca", ca.to_str().unwrap()]] {
        let output = explain(more);
        assert!(output.status.success() && text(&output).contains("InvalidJWT"), "{}", text(&output));
    }
    // As the probe of a container does, which is told by its environment alone.
    let output = program(&home).arg("health").env("DIGIME_MOCK_URL", server.url()).output().unwrap();
    assert!(output.status.success() && text(&output).contains("ok"), "{}", text(&output));
    let (stranger, _) = own(&home, "stranger", 2090);
    let output = explain(&["--ca", &stranger]);
    assert!(output.status.code() == Some(1) && text(&output).contains("certificate"), "{}", text(&output));
    let output = explain(&["--ca", "none.pem"]);
    assert!(output.status.code() == Some(2) && text(&output).contains("--ca"), "{}", text(&output));
}

#[cfg(unix)]
#[test]
fn it_stops_though_clients_are_in_the_middle_of_a_handshake() {
    let (_folder, home) = home();
    let mut server = Serving::start(&home, &["--tls"]);
    let address = format!("127.0.0.1:{}", server.port());
    let waiting: Vec<_> = (0..5).map(|_| std::net::TcpStream::connect(&address).unwrap()).collect();
    // One of them is answered, so that all before it were accepted.
    let mut plain = std::net::TcpStream::connect(&address).unwrap();
    std::io::Write::write_all(&mut plain, b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    plain.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("speaks https"), "{answer}");
    let started = std::time::Instant::now();
    let pid = server.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(server.child.wait().unwrap().success());
    assert!(started.elapsed() < std::time::Duration::from_secs(4), "{:?}", started.elapsed());
    drop(waiting);
}

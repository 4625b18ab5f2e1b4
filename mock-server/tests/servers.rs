//! Two servers on one PostgreSQL answer as one. A private cluster is started for it; where there is none, the
//! tests say so and pass. `DIGIME_TEST_POSTGRES` names the folder of its programs.

#![cfg(all(unix, feature = "postgres"))]
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "../examples/soak/client.rs"]
mod client;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digime_mock_server::settings::StatePlace;
use digime_mock_server::{ContractKind, MockServer, Timeline};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use client::{Answer, Connection, Signer, text};

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const VERIFIER: &str = "YUIzZEU2Z0g5aksybU41cFE4c1Qxdlc0eVo3YkMwZUY";
/// How many clients ask at once.
const CLIENTS: usize = 10;
/// How often they do.
const ROUNDS: usize = 5;

/// A cluster of a test's own.
struct Cluster {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
}

impl Cluster {
    /// A cluster, if this machine has PostgreSQL.
    fn start() -> Option<Self> {
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

    fn go(&self) {
        let options =
            format!("-p {} -c listen_addresses=127.0.0.1 -k {}", self.port, self.folder.path().display());
        let log = self.folder.path().join("log").display().to_string();
        self.run("pg_ctl", &["-D", &self.data(), "-o", &options, "-l", &log, "-w", "start"]);
    }

    fn stop(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"]);
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

    fn server(&self) -> MockServer {
        let url = format!("postgres://mock@127.0.0.1:{}/postgres", self.port);
        let builder = MockServer::builder().timeline(Timeline::INSTANT).allow_refusals();
        let url = url.parse().unwrap();
        builder.settings(move |settings| settings.state = StatePlace::Postgres(url)).try_start().unwrap()
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

struct Client {
    connection: Connection,
    signer: Signer,
}

impl Client {
    fn of(server: &MockServer, kind: ContractKind) -> Self {
        let signer = Signer::new(server.credentials().contract(kind).unwrap()).unwrap();
        Self { connection: Connection::open(&server.url()).unwrap(), signer }
    }

    fn send(&mut self, line: &str, jwt: &str) -> Fallible<Answer> {
        self.connection.send(line, &[("Authorization", &format!("Bearer {jwt}"))], b"")
    }

    fn ask(&mut self, line: &str, claims: Value) -> Fallible<Answer> {
        let jwt = self.signer.request(claims)?;
        self.send(line, &jwt)
    }

    /// Consents, and gives the code and the key of the session.
    fn consent(&mut self, page: &str, linked: Option<&str>) -> (String, String) {
        let claims = json!({
            "access_token": linked,
            "redirect_uri": "http://127.0.0.1:9000/callback",
            "response_type": "code",
            "response_mode": "query",
            "state": "servers",
            "code_challenge": URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)),
            "code_challenge_method": "S256",
        });
        let answer = self.ask("POST /v1.7/oauth/authorize", claims).unwrap();
        let (token, json) = (answer.token().unwrap(), answer.json().unwrap());
        let code = text(&token, "/preauthorization_code").unwrap();
        let page = format!("/apps/saas/authorize?code={code}{page}");
        let left = match page.contains("AutoOnboard") {
            true => self.connection.send(&format!("GET {page}"), &[], b""),
            false => self.connection.send(&format!("POST {page}"), &[], b"decision=approve"),
        };
        let location = left.unwrap().location.unwrap();
        let code = location.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).unwrap();
        (code.to_owned(), text(&json, "/session/key").unwrap().to_owned())
    }

    fn pair(&mut self, grant: Value) -> Fallible<(String, String)> {
        let pair = self.ask("POST /v1.7/oauth/token", grant)?.token()?;
        let value = |name: &str| text(&pair, &format!("/{name}/value")).map(str::to_owned);
        Ok((value("access_token")?, value("refresh_token")?))
    }

    fn exchange(&mut self, code: &str) -> Fallible<(String, String)> {
        self.pair(json!({ "grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER }))
    }

    fn refresh(&mut self, token: &str) -> Fallible<(String, String)> {
        self.pair(json!({ "grant_type": "refresh_token", "refresh_token": token }))
    }

    fn accounts(&mut self, access: &str) -> Fallible<Answer> {
        self.ask("GET /v1.7/permission-access/accounts", json!({ "access_token": access }))
    }
}

const SAMPLE: &str = "&service=1&sampleDataSet=test&sampleDataAutoOnboard=true";

/// Lets clients of all servers do something at once, and gives what came of it.
fn at_once<T: Send>(
    servers: [&MockServer; 2],
    doing: impl Fn(&mut Client) -> Fallible<T> + Sync,
) -> Vec<Fallible<T>> {
    let barrier = Barrier::new(CLIENTS);
    thread::scope(|scope| {
        let asking: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (doing, barrier) = (&doing, &barrier);
                scope.spawn(move || {
                    let mut client = Client::of(servers[number % 2], ContractKind::Read);
                    barrier.wait();
                    doing(&mut client)
                })
            })
            .collect();
        asking.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

fn granted<T>(answers: &[Fallible<T>], refusal: &str) -> usize {
    for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert!(error.to_string().contains(refusal), "{error}");
    }
    answers.iter().filter(|answer| answer.is_ok()).count()
}

#[test]
fn two_servers_on_one_database_answer_as_one() {
    let Some(cluster) = Cluster::start() else { return };
    let (first, second) = (cluster.server(), cluster.server());
    let servers = [&first, &second];
    let mut one = Client::of(&first, ContractKind::Read);
    let mut two = Client::of(&second, ContractKind::Read);

    for _ in 0..ROUNDS {
        // A code is exchanged once, a nonce is used once.
        let (code, _) = one.consent(SAMPLE, None);
        let exchanged = at_once(servers, |client| client.exchange(&code));
        assert_eq!(granted(&exchanged, "InvalidGrant"), 1);
        let pair = exchanged.into_iter().find_map(Result::ok).unwrap();
        let jwt = one.signer.request(json!({ "access_token": pair.0 })).unwrap();
        let used = at_once(servers, |client| client.send("GET /v1.7/permission-access/accounts", &jwt));
        assert_eq!(granted(&used, "already been used"), 1);
        // Each refresh within the grace answers a pair that works on both.
        let refreshed = at_once(servers, |client| client.refresh(&pair.1));
        assert_eq!(granted(&refreshed, "nothing"), CLIENTS);
        for (access, _) in refreshed.into_iter().map(Result::unwrap) {
            assert!(one.accounts(&access).is_ok() && two.accounts(&access).is_ok());
        }
    }

    // A sandbox made on one is found on the other, its clock moves for both, and it is gone from both.
    let made = one.connection.send("POST /__admin/sandboxes", &[], b"").unwrap().json().unwrap();
    let sandbox = made["sandbox"].as_str().unwrap();
    let clock = format!("/__admin/clock?sandbox={sandbox}");
    two.connection.send(&format!("POST {clock}"), &[], br#"{"advance": "2h"}"#).unwrap();
    let shown = one.connection.send(&format!("GET {clock}"), &[], b"").unwrap().json().unwrap();
    assert_eq!(shown["offset"], "2h", "{shown}");
    two.connection.send(&format!("DELETE /__admin/sandboxes?sandbox={sandbox}"), &[], b"").unwrap();
    thread::sleep(Duration::from_secs(1));
    assert!(one.connection.send(&format!("GET {clock}"), &[], b"").is_err());

    // A contract made on one signs at the other, and is gone from both.
    let body = br#"{"applicationId":"partner","contracts":[{"contractId":"theirs"}]}"#;
    let made = one.connection.send("POST /__admin/applications", &[], body).unwrap().json().unwrap();
    let shown = two.connection.send("GET /__admin/applications/partner", &[], b"").unwrap().json().unwrap();
    assert_eq!(shown["contracts"][0]["publicKey"], made["contracts"][0]["publicKey"]);
    two.connection.send("DELETE /__admin/applications/partner", &[], b"").unwrap();
    assert!(one.connection.send("GET /__admin/applications/partner", &[], b"").is_err());

    // A user who was deleted on one is unknown to the other.
    let (code, session) = one.consent(SAMPLE, None);
    let (access, _) = two.exchange(&code).unwrap();
    let list = format!("GET /v1.7/permission-access/query/{session}");
    let files = two.ask(&list, json!({ "access_token": access })).unwrap().json().unwrap();
    assert!(!files["fileList"].as_array().unwrap().is_empty());
    two.ask("DELETE /v1.7/user", json!({ "access_token": access })).unwrap();
    assert!(one.accounts(&access).err().unwrap().to_string().contains("InvalidToken"));

    deletion_cuts_the_download_from_another_server(&first, &second);

    // A database that is lost is answered with 503, and found again.
    cluster.stop();
    let lost = one.consent_is_refused();
    assert!(lost.contains("503") && lost.contains("ServiceUnavailable"), "{lost}");
    cluster.go();
    let started = Instant::now();
    loop {
        let (mut client, claims) =
            (Client::of(&first, ContractKind::Read), json!({ "access_token": "none" }));
        let answer = client.ask("GET /v1.7/permission-access/accounts", claims).err().unwrap().to_string();
        if answer.contains("InvalidToken") {
            break;
        }
        assert!(answer.contains("503") && started.elapsed() < Duration::from_secs(20), "{answer}");
    }
}

/// A download that is under way on one server ends within a second when its user is deleted on the other.
fn deletion_cuts_the_download_from_another_server(first: &MockServer, second: &MockServer) {
    const SIZE: usize = 60_000_000;
    let mut writer = Client::of(first, ContractKind::Write);
    let (code, _) = writer.consent("", None);
    let (access, _) = writer.exchange(&code).unwrap();
    let metadata = json!({ "mimeType": "text/plain", "accounts": [] });
    let descriptor = writer.signer.sign(&json!({ "metadata": metadata })).unwrap();
    let jwt = writer.signer.request(json!({ "access_token": access })).unwrap();
    let headers = [("Authorization", &*format!("Bearer {jwt}")), ("FileDescriptor", &descriptor)];
    let pushed = writer.connection.send("POST /v1.7/permission-access/import", &headers, &vec![b'x'; SIZE]);
    pushed.unwrap();
    let mut reader = Client::of(second, ContractKind::ReadRaw);
    let (code, session) = reader.consent("", Some(&access));
    let (reading, _) = reader.exchange(&code).unwrap();
    let jwt = reader.signer.request(json!({ "access_token": reading })).unwrap();
    let address = second.address();
    let mut download = TcpStream::connect(address).unwrap();
    let line = format!("GET /v1.7/permission-access/query/{session}/pushed-1.txt HTTP/1.1");
    write!(download, "{line}\r\nHost: {address}\r\nAuthorization: Bearer {jwt}\r\n\r\n").unwrap();
    let mut begun = [0; 1000];
    download.read_exact(&mut begun).unwrap();
    assert!(begun.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&begun));
    writer.ask("DELETE /v1.7/user", json!({ "access_token": access })).unwrap();
    thread::sleep(Duration::from_secs(1));
    // What was on its way when it was cut is still read; an end without all of it may be a reset.
    let mut rest = Vec::new();
    let _ = download.read_to_end(&mut rest);
    assert!(rest.len() < SIZE / 2, "{} bytes came", rest.len());
}

impl Client {
    fn consent_is_refused(&mut self) -> String {
        let refused = self.ask("GET /v1.7/permission-access/accounts", json!({ "access_token": "none" }));
        refused.err().unwrap().to_string()
    }
}

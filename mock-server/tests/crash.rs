//! A server with a file is killed with `kill -9` at moments that nobody chose: what a client was told is
//! there afterwards, and nothing is half done.
//!
//! `DIGIME_CRASHES=200 cargo test -p digime-mock-server --test crash` kills it so many times.

#![cfg(all(unix, feature = "cli", feature = "sqlite"))]
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "../examples/soak/client.rs"]
mod client;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digime_mock_server::{ContractKind, MockServer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use client::{Answer, Connection, Signer, text};

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const VERIFIER: &str = "YUIzZEU2Z0g5aksybU41cFE4c1Qxdlc0eVo3YkMwZUY";
/// How often the server is killed.
const CRASHES: u32 = 12;
/// Files that each user pushes: in the database, and in the folder beside it.
const SIZES: [usize; 3] = [10, 100_000, 5000];

/// The program, which is killed when it is dropped.
struct Serving {
    child: Child,
    origin: String,
}

impl Serving {
    fn start(state: &Path) -> Self {
        let mut child = Command::new(cargo_bin("digime-mock"))
            .args(["serve", "--port", "0", "--log", "error", "--pending", "0s", "--running", "0s", "--state"])
            .arg(state)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let origin = line.trim().rsplit_once(' ').expect("a banner").1.to_owned();
        Self { child, origin }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// What a client was told of a user, and what it was not told any more.
#[derive(Debug, Default)]
struct Told {
    /// The JWT of a request that was answered.
    spent: String,
    code: String,
    access: Option<String>,
    refresh: String,
    pushed: usize,
    deleted: bool,
    /// The request that was not answered.
    asked: &'static str,
}

struct Client {
    connection: Connection,
    write: Signer,
    read_raw: Signer,
}

impl Client {
    fn new(origin: &str, credentials: &MockServer) -> Fallible<Self> {
        let credentials = credentials.credentials();
        let signer = |kind| Signer::new(credentials.contract(kind).ok_or("no such contract")?);
        Ok(Self {
            connection: Connection::open(origin)?,
            write: signer(ContractKind::Write)?,
            read_raw: signer(ContractKind::ReadRaw)?,
        })
    }

    fn send(&mut self, line: &str, jwt: &str) -> Fallible<Answer> {
        self.connection.send(line, &[("Authorization", &format!("Bearer {jwt}"))], b"")
    }

    /// Opens the consent page and approves it; gives the code, and the key of the session.
    fn consent(&mut self, jwt: &str) -> Fallible<(String, String)> {
        let answer = self.send("POST /v1.7/oauth/authorize", jwt)?;
        let (token, json) = (answer.token()?, answer.json()?);
        let page = format!("POST /apps/saas/authorize?code={}", text(&token, "/preauthorization_code")?);
        let location = self.connection.send(&page, &[], b"decision=approve")?.location.ok_or("nowhere")?;
        let code = location.split(['?', '&']).find_map(|pair| pair.strip_prefix("code="));
        Ok((code.ok_or(location.clone())?.to_owned(), text(&json, "/session/key")?.to_owned()))
    }

    /// Lives a user's life, until it is over or the server is.
    fn live(&mut self, number: usize, told: &mut Told) -> Fallible<()> {
        told.asked = "consent";
        let jwt = self.write.request(authorization(None))?;
        (told.code, _) = self.consent(&jwt)?;
        told.spent = jwt;
        told.asked = "exchange";
        let pair = self.exchange(&told.code)?;
        told.access = Some(text(&pair, "/access_token/value")?.to_owned());
        told.refresh = text(&pair, "/refresh_token/value")?.to_owned();
        for size in SIZES {
            told.asked = "push";
            self.push(told.access.as_deref().unwrap_or_default(), size)?;
            told.pushed += 1;
        }
        told.asked = "refresh";
        let claims = json!({ "grant_type": "refresh_token", "refresh_token": told.refresh });
        let jwt = self.write.request(claims)?;
        let pair = self.send("POST /v1.7/oauth/token", &jwt)?.token()?;
        told.access = Some(text(&pair, "/access_token/value")?.to_owned());
        if number.is_multiple_of(3) {
            told.asked = "delete";
            let jwt = self.write.request(json!({ "access_token": told.access }))?;
            self.send("DELETE /v1.7/user", &jwt)?;
            told.deleted = true;
        }
        told.asked = "";
        Ok(())
    }

    fn exchange(&mut self, code: &str) -> Fallible<Value> {
        let claims = json!({ "grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER });
        let jwt = self.write.request(claims)?;
        self.send("POST /v1.7/oauth/token", &jwt)?.token()
    }

    fn push(&mut self, access: &str, size: usize) -> Fallible<()> {
        let metadata = json!({ "mimeType": "text/plain", "accounts": [] });
        let descriptor = self.write.sign(&json!({ "metadata": metadata }))?;
        let jwt = self.write.request(json!({ "access_token": access }))?;
        let headers = [("Authorization", &*format!("Bearer {jwt}")), ("FileDescriptor", &descriptor)];
        self.connection.send("POST /v1.7/permission-access/import", &headers, &vec![b'x'; size])?;
        Ok(())
    }

    /// Whether all is as a user's client was told.
    fn verify(&mut self, told: &Told) -> Fallible<()> {
        if !told.spent.is_empty() {
            refused(self.send("POST /v1.7/oauth/authorize", &told.spent), "has already been used")?;
        }
        let Some(access) = &told.access else {
            return match (told.code.is_empty(), told.asked) {
                // The code was told, and may or may not have been exchanged.
                (false, "exchange") => match self.exchange(&told.code) {
                    Ok(_) => Ok(()),
                    refusal => refused(refusal, "InvalidGrant"),
                },
                _ => Ok(()),
            };
        };
        refused(self.exchange(&told.code), "InvalidGrant")?;
        let linked = self.read_raw.request(authorization(Some(access)))?;
        let reads = self.consent(&linked);
        if told.deleted || (told.asked == "delete" && reads.is_err()) {
            return refused(reads, "InvalidToken");
        }
        let (code, session) = reads?;
        let claims = json!({ "grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER });
        let jwt = self.read_raw.request(claims)?;
        let pair = self.send("POST /v1.7/oauth/token", &jwt)?.token()?;
        let reader = text(&pair, "/access_token/value")?;
        let mut read = |path: &str| {
            let jwt = self.read_raw.request(json!({ "access_token": reader }))?;
            let line = format!("GET /v1.7/permission-access/query/{session}{path}");
            self.connection.send(&line, &[("Authorization", &format!("Bearer {jwt}"))], b"")
        };
        let list = read("")?.json()?;
        let listed = list["fileList"].as_array().map_or(0, Vec::len);
        let may_be_more = usize::from(told.asked == "push");
        if !(told.pushed..=told.pushed + may_be_more).contains(&listed) {
            return Err(format!("{} files were pushed, {listed} are there", told.pushed).into());
        }
        for (size, number) in SIZES.into_iter().zip(1..=listed) {
            let container = read(&format!("/pushed-{number}.txt"))?.body.len();
            if container != 272 + 16 * (size / 16 + 1) {
                return Err(format!("a file of {size} bytes is a container of {container}").into());
            }
        }
        Ok(())
    }
}

fn authorization(linked: Option<&str>) -> Value {
    json!({
        "access_token": linked,
        "redirect_uri": "http://127.0.0.1:9000/callback",
        "response_type": "code",
        "response_mode": "query",
        "state": "crash",
        "code_challenge": URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)),
        "code_challenge_method": "S256",
    })
}

fn refused<T>(answer: Fallible<T>, code: &str) -> Fallible<()> {
    match answer {
        Err(error) if error.to_string().contains(code) => Ok(()),
        Err(error) => Err(format!("not {code}, but {error}").into()),
        Ok(_) => Err(format!("not {code}, but an answer").into()),
    }
}

/// A number that differs from call to call, up to `most`.
fn any(most: u64) -> u64 {
    let seed = Instant::now();
    u64::from_be_bytes(Sha256::digest(format!("{seed:?}"))[..8].try_into().unwrap()) % most
}

#[test]
fn a_server_that_is_killed_forgets_nothing_that_a_client_was_told() {
    let crashes = std::env::var("DIGIME_CRASHES").map_or(CRASHES, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.db");
    let credentials = MockServer::builder().try_start().unwrap();
    let mut users: Vec<Told> = Vec::new();
    for crash in 0..crashes {
        let mut serving = Serving::start(&state);
        let first = users.len();
        let origin = serving.origin.clone();
        let doom = Duration::from_millis(20 + any(900));
        thread::scope(|scope| {
            let client = scope.spawn(|| {
                let mut client = Client::new(&origin, &credentials).unwrap();
                let mut lives = Vec::new();
                loop {
                    let mut told = Told::default();
                    let ended = client.live(lives.len(), &mut told);
                    let is_refused =
                        ended.as_ref().is_err_and(|error| error.to_string().contains("reference"));
                    assert!(!is_refused, "{ended:?}");
                    lives.push(told);
                    if ended.is_err() {
                        return lives;
                    }
                }
            });
            thread::sleep(doom);
            serving.child.kill().unwrap();
            users.extend(client.join().unwrap());
        });
        drop(serving);
        // The users of this time, and those of some time before.
        let serving = Serving::start(&state);
        let mut client = Client::new(&serving.origin, &credentials).unwrap();
        let earlier = any(first.max(1) as u64) as usize;
        for told in users[first..].iter().chain(users.get(earlier)) {
            client.verify(told).unwrap_or_else(|problem| panic!("crash {crash}: {problem}\n{told:?}"));
        }
    }
    let complete = users.iter().filter(|told| told.asked.is_empty()).count();
    println!("{crashes} crashes, {} users, {complete} of them complete", users.len());
    assert!(complete > 0, "the server was always killed too early");
}

#[test]
fn a_sandbox_and_its_clock_are_there_after_a_crash_and_a_file_serves_one_server_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.db");
    let serving = Serving::start(&state);
    let mut connection = Connection::open(&serving.origin).unwrap();
    let made = connection.send("POST /__admin/sandboxes", &[], b"").unwrap().json().unwrap();
    let [kept, removed] = [made["sandbox"].as_str().unwrap().to_owned(), {
        let other = connection.send("POST /__admin/sandboxes", &[], b"").unwrap().json().unwrap();
        other["sandbox"].as_str().unwrap().to_owned()
    }];
    let moved = format!("POST /__admin/clock?sandbox={kept}");
    connection.send(&moved, &[], br#"{"advance": "2h"}"#).unwrap();
    connection.send(&moved, &[], br#"{"advance": "1h"}"#).unwrap();
    connection.send(&format!("DELETE /__admin/sandboxes?sandbox={removed}"), &[], b"").unwrap();
    let second = Command::new(cargo_bin("digime-mock"))
        .args(["serve", "--port", "0", "--state"])
        .arg(&state)
        .output()
        .unwrap();
    let error = String::from_utf8(second.stderr).unwrap();
    assert!(!second.status.success() && error.contains("is used by another server"), "{error}");
    drop(serving);
    let serving = Serving::start(&state);
    let mut connection = Connection::open(&serving.origin).unwrap();
    let clock =
        connection.send(&format!("GET /__admin/clock?sandbox={kept}"), &[], b"").unwrap().json().unwrap();
    assert_eq!(clock["offset"], "3h", "{clock}");
    assert!(connection.send(&format!("GET /__admin/clock?sandbox={removed}"), &[], b"").is_err());
}

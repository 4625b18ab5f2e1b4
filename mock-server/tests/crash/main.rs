//! A server with a file is killed with `kill -9` at moments that nobody chose, or has no room left: what a
//! client was told is there afterwards, and nothing is half done.
//!
//! `DIGIME_CRASHES=200 cargo test -p digime-mock-server --test crash` kills it so many times.

#![cfg(all(unix, feature = "cli", feature = "sqlite"))]
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "../../examples/soak/client.rs"]
mod client;
mod full_disk;
mod serving;
mod user;

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use digime_mock_server::MockServer;
use sha2::{Digest, Sha256};

use client::Connection;
use serving::Serving;
use user::{Client, Told};

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How often the server is killed.
const CRASHES: u32 = 12;

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

//! What the lists of the console cost when there is much to list: 50,000 requests, 100,000 users, 1,000 sandboxes.
//! `.ci/with-postgres cargo run --release -p digime-mock-server --example list_figures -- memory PostgreSQL`; a number
//! among the arguments is how many users there are. And what a client waits for meanwhile.

// Figures measure real time.
#![allow(clippy::disallowed_methods)]

#[path = "../soak/client.rs"]
#[allow(dead_code)]
mod client;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use digime_mock_server::settings::StatePlace;
use digime_mock_server::{MockServer, Timeline};

use client::Connection;

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const REQUESTS: usize = 50_000;
const SANDBOXES: usize = 1_000;
/// How many clients make them.
const MAKERS: usize = 50;
/// How often each list is asked for.
const TIMES: usize = 20;

fn main() -> Fallible<()> {
    let given: Vec<_> = std::env::args().skip(1).collect();
    let users = given.iter().find_map(|text| text.parse().ok()).unwrap_or(100_000);
    let folder = tempfile::tempdir()?;
    for name in given.iter().filter(|text| text.parse::<usize>().is_err()) {
        let place = match name.as_str() {
            "SQLite" => StatePlace::File(folder.path().join("state.db")),
            "PostgreSQL" => StatePlace::Postgres(std::env::var("DIGIME_TEST_STATE")?.parse()?),
            _ => StatePlace::Memory,
        };
        measure(name, place, users)?;
    }
    Ok(())
}

fn measure(name: &str, place: StatePlace, users: usize) -> Fallible<()> {
    let builder = MockServer::builder().timeline(Timeline::INSTANT).allow_refusals();
    let server = builder
        .settings(move |settings| {
            settings.state = place;
            settings.journal_size = REQUESTS;
        })
        .try_start()?;
    let mut made = 0;
    while made < users {
        made += server.default_sandbox().make_users((users - made).min(10_000));
        eprint!("\r{name}: {made} users");
    }
    make_sandboxes(name, &server.url())?;
    let mut connection = Connection::open(&server.url())?;
    for number in 0..REQUESTS {
        connection.send(&format!("GET /v1.7/jwks/oauth?number={number}"), &[], b"")?;
        if number % 1_000 == 0 {
            eprint!("\r{name}: {number} requests");
        }
    }
    eprintln!();
    let user = connection.send("GET /__admin/users?limit=1", &[], b"")?.json()?;
    let user = user["users"][0]["user"].as_str().unwrap_or_default().to_owned();
    println!("\n{name}: {made} users, {SANDBOXES} sandboxes, {REQUESTS} requests\n");
    println!("| list | time | a client's key set meanwhile, 99 of 100 within |");
    println!("|---|---|---|");
    for (what, path) in [
        ("nothing", ""),
        ("requests, newest", "requests?form=short&limit=100"),
        ("requests, a text that few have", "requests?form=short&limit=100&text=number%3D1234"),
        ("requests, a text that none has", "requests?form=short&limit=100&text=nowhere"),
        ("flows", "flows?limit=50"),
        ("users, first", "users?limit=50"),
        ("users, after half", &format!("users?limit=50&after={user}")),
        ("users, a text that none has", "users?limit=50&search=nobody"),
        ("a user", &format!("users/{user}")),
        ("sandboxes", "sandboxes?limit=50"),
    ] {
        let (took, meanwhile) = asked(&server, path)?;
        println!("| {what} | {:.1} ms | {:.1} ms |", millis(took), millis(meanwhile));
    }
    Ok(())
}

/// Makes the sandboxes, many at once: where servers share their state, each is answered when all servers know it.
fn make_sandboxes(name: &str, url: &str) -> Fallible<()> {
    let began = Instant::now();
    let makers: Vec<_> = (0..MAKERS)
        .map(|_| {
            let url = url.to_owned();
            std::thread::spawn(move || -> Fallible<()> {
                let mut connection = Connection::open(&url)?;
                for _ in 0..SANDBOXES / MAKERS {
                    connection.send("POST /__admin/sandboxes", &[], b"{}")?;
                }
                Ok(())
            })
        })
        .collect();
    for maker in makers {
        maker.join().map_err(|_| "a client panicked")??;
    }
    eprintln!("\r{name}: {SANDBOXES} sandboxes in {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}

/// What a list takes, and what a client waits for meanwhile.
fn asked(server: &MockServer, path: &str) -> Fallible<(Duration, Duration)> {
    let ended = Arc::new(AtomicBool::new(false));
    let client = std::thread::spawn({
        let (url, ended) = (server.url(), Arc::clone(&ended));
        move || -> Fallible<Duration> {
            let mut connection = Connection::open(&url)?;
            let mut waits = Vec::new();
            while !ended.load(Ordering::SeqCst) {
                let started = Instant::now();
                connection.send("GET /v1.7/jwks/oauth", &[], b"")?;
                waits.push(started.elapsed());
                std::thread::sleep(Duration::from_millis(1));
            }
            waits.sort();
            Ok(waits.get(waits.len() * 99 / 100).copied().unwrap_or_default())
        }
    });
    let mut connection = Connection::open(&server.url())?;
    let started = Instant::now();
    for _ in 0..TIMES {
        match path {
            "" => std::thread::sleep(Duration::from_millis(50)),
            path => drop(connection.send(&format!("GET /__admin/{path}"), &[], b"")?),
        }
    }
    let took = started.elapsed() / u32::try_from(TIMES)?;
    ended.store(true, Ordering::SeqCst);
    Ok((took, client.join().map_err(|_| "the client panicked")??))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

//! What requests cost on each engine, by how many users there are:
//! `.ci/with-postgres cargo run --release -p digime-mock-server --example state_figures -- 1000 100000`.
//! `memory`, `SQLite` or `PostgreSQL` among the arguments measures these alone.
//! PostgreSQL is the one that `DIGIME_TEST_STATE` names; without it, it is left out. What it does by itself after so many
//! new rows (statistics, visibility, checkpoint) is done before requests are measured.

// Figures measure real time.
#![allow(clippy::disallowed_methods)]

#[path = "../soak/client.rs"]
mod client;

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digime_mock_server::settings::StatePlace;
use digime_mock_server::{ContractKind, MockServer, Timeline};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::{Connection as _, Executor as _};

use client::{Answer, Connection, Signer, text};

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const VERIFIER: &str = "YUIzZEU2Z0g5aksybU41cFE4c1Qxdlc0eVo3YkMwZUY";
/// How many users there are, unless the arguments say otherwise.
const USERS: [usize; 3] = [1_000, 100_000, 1_000_000];
/// How many are made in one unit of work.
const AT_ONCE: usize = 10_000;
/// How often each request is sent.
const TIMES: u32 = 300;

fn main() -> Fallible<()> {
    let given: Vec<_> = std::env::args().skip(1).collect();
    let users: Vec<usize> = given.iter().filter_map(|text| text.parse().ok()).collect();
    let users = if users.is_empty() { USERS.to_vec() } else { users };
    let folder = tempfile::tempdir()?;
    let mut engines =
        vec![("memory", StatePlace::Memory), ("SQLite", StatePlace::File(folder.path().join("state.db")))];
    if let Ok(url) = std::env::var("DIGIME_TEST_STATE") {
        engines.push(("PostgreSQL", StatePlace::Postgres(url.parse()?)));
    }
    let is_wanted = |name: &str| {
        given.iter().all(|text| text.parse::<usize>().is_ok()) || given.iter().any(|text| text == name)
    };
    engines.retain(|(name, _)| is_wanted(name));
    println!("| engine | users | flows/s | refresh | file list | memory | made in |");
    println!("|---|---|---|---|---|---|---|");
    for (name, place) in engines {
        measure(name, place, &users)?;
    }
    Ok(())
}

fn measure(name: &str, place: StatePlace, sizes: &[usize]) -> Fallible<()> {
    let is_postgres = matches!(place, StatePlace::Postgres(_));
    let server = MockServer::builder()
        .timeline(Timeline::INSTANT)
        .sample_data_until("2026-01-31".parse()?)
        .settings(move |settings| settings.state = place)
        .try_start()?;
    let (mut made, before) = (0, resident()?);
    for size in sizes {
        let started = Instant::now();
        while made < *size {
            let wanted = (size - made).min(AT_ONCE);
            let more = server.default_sandbox().make_users(wanted);
            if more < wanted {
                return Err(format!("{more} of {wanted} users were made").into());
            }
            made += more;
            eprint!("\r{name}: {made} users");
        }
        eprintln!();
        let took = started.elapsed();
        if is_postgres {
            tokio::runtime::Runtime::new()?.block_on(settle())?;
        }
        // A connection that stands idle for so long is closed.
        let mut one = Client::of(&server)?;
        one.flow()?;
        let flow = per_time(|| one.flow().map(|_| ()))?;
        let (_, refresh, access, session) = one.flow()?;
        let list = format!("GET /v1.7/permission-access/query/{session}");
        let claims = json!({ "grant_type": "refresh_token", "refresh_token": refresh });
        let refreshing = per_time(|| one.ask("POST /v1.7/oauth/token", claims.clone()).map(|_| ()))?;
        let listing = per_time(|| one.ask(&list, json!({ "access_token": access })).map(|_| ()))?;
        let memory = resident()?.saturating_sub(before);
        println!(
            "| {name} | {made} | {:.0} | {:.2} ms | {:.2} ms | {} MiB | {:.0} s |",
            1.0 / flow.as_secs_f64(),
            refreshing.as_secs_f64() * 1000.0,
            listing.as_secs_f64() * 1000.0,
            memory / 1024,
            took.as_secs_f64(),
        );
    }
    Ok(())
}

/// Lets PostgreSQL do its upkeep.
async fn settle() -> Fallible<()> {
    let mut connection = sqlx::PgConnection::connect(&std::env::var("DIGIME_TEST_STATE")?).await?;
    for command in ["VACUUM (ANALYZE)", "CHECKPOINT"] {
        connection.execute(command).await?;
    }
    Ok(())
}

fn per_time(mut doing: impl FnMut() -> Fallible<()>) -> Fallible<Duration> {
    let started = Instant::now();
    for _ in 0..TIMES {
        doing()?;
    }
    Ok(started.elapsed() / TIMES)
}

struct Client {
    connection: Connection,
    signer: Signer,
}

impl Client {
    fn of(server: &MockServer) -> Fallible<Self> {
        let credentials = server.credentials();
        let contract = credentials.contract(ContractKind::Read).ok_or("no contract")?;
        Ok(Self {
            connection: Connection::open(&server.url())?,
            signer: Signer::new(
                &contract.application_id,
                &contract.contract_id,
                contract.private_key.as_deref(),
            )?,
        })
    }

    fn ask(&mut self, line: &str, claims: Value) -> Fallible<Answer> {
        let jwt = self.signer.request(claims)?;
        self.connection.send(line, &[("Authorization", &format!("Bearer {jwt}"))], b"")
    }

    /// A user consents, and the code is exchanged: the code, both tokens, and the key of the session.
    fn flow(&mut self) -> Fallible<(String, String, String, String)> {
        let claims = json!({
            "redirect_uri": "http://127.0.0.1:9000/callback",
            "response_type": "code",
            "response_mode": "query",
            "state": "figures",
            "code_challenge": URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)),
            "code_challenge_method": "S256",
        });
        let answer = self.ask("POST /v1.7/oauth/authorize", claims)?;
        let (token, json) = (answer.token()?, answer.json()?);
        let page = format!(
            "GET /apps/saas/authorize?code={}&service=1&sampleDataSet=test&sampleDataAutoOnboard=true",
            text(&token, "/preauthorization_code")?
        );
        let location = self.connection.send(&page, &[], b"")?.location.ok_or("nowhere")?;
        let code = location.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).ok_or("no code")?;
        let claims = json!({ "grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER });
        let pair = self.ask("POST /v1.7/oauth/token", claims)?.token()?;
        let value = |name: &str| text(&pair, &format!("/{name}/value")).map(str::to_owned);
        let session = text(&json, "/session/key")?.to_owned();
        Ok((code.to_owned(), value("refresh_token")?, value("access_token")?, session))
    }
}

/// The memory of this process that is resident, in KiB: server and client.
fn resident() -> Fallible<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

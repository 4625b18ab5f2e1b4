//! `digime-mock health` and `digime-mock ready`: for containers, whose images have no other program that asks, and for
//! scripts that start a server and wait for it.

use std::error::Error;
use std::ffi::OsString;
use std::time::Duration;

use clap::Args;
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::client::{Answer, Client, Message};
use super::failure::Failure;
use super::output::print;
use crate::durations;

/// A server that takes longer to say that it lives is not well.
const ATTEMPT: Duration = Duration::from_secs(5);

/// Between two attempts: what a start takes, about.
const PAUSE: Duration = Duration::from_millis(100);

#[derive(Args, Debug)]
pub(super) struct ProbeArgs {
    /// Ask again until it does, such as 30s; once if absent
    #[arg(long, value_name = "DURATION", value_parser = durations::parse)]
    wait: Option<Duration>,
    /// Where the server is reached [env: DIGIME_MOCK_URL] [default: http://127.0.0.1:8080]
    #[arg(long, value_name = "URL", alias = "url")]
    server: Option<OsString>,
    /// The CA to trust if the server speaks https (PEM) [env: DIGIME_MOCK_CA] [default: the development CA]
    #[arg(long, value_name = "FILE")]
    ca: Option<OsString>,
}

pub(super) fn health(args: ProbeArgs) -> Result<(), Failure> {
    probe(args, "health", "ok")
}

pub(super) fn ready(args: ProbeArgs) -> Result<(), Failure> {
    probe(args, "ready", "ready")
}

/// Asks `GET /__admin/…`, and prints the word that a server that is well answers with. The word is looked at, because
/// another program at that address may answer 200 to everything.
fn probe(args: ProbeArgs, path: &str, word: &str) -> Result<(), Failure> {
    let is_well = |answer: &Answer| answer.status == StatusCode::OK && answer.json["status"] == word;
    let client = Client::from_args("server", args.server, None, args.ca)?;
    let answer = client.converse(async {
        let Some(wait) = args.wait.filter(|wait| !wait.is_zero()) else {
            return attempt(&client, path).await;
        };
        let mut last = Err("it was not asked".into());
        // What the last attempt said is told, and not that time was up.
        let _ = timeout(wait, async {
            loop {
                last = attempt(&client, path).await;
                if last.as_ref().is_ok_and(is_well) {
                    break;
                }
                sleep(PAUSE).await;
            }
        })
        .await;
        last
    })?;
    match is_well(&answer) {
        true => print(format!("{word}\n")),
        false => Err(Failure::new(answer.problem())),
    }
}

async fn attempt(client: &Client, path: &str) -> Result<Answer, Box<dyn Error>> {
    let asked = timeout(ATTEMPT, async {
        let response = client.request(Method::GET, path, None, Message::default()).await?;
        let (status, body) = (response.status(), response.into_body().collect().await?.to_bytes());
        Ok(Answer { status, json: serde_json::from_slice(&body).unwrap_or(Value::Null) })
    });
    asked.await.map_err(|_| format!("no answer within {} seconds", ATTEMPT.as_secs()))?
}

//! `digime-mock explain`.

use std::ffi::OsString;

use clap::Args;
use http::Method;
use serde_json::Value;

use super::client::Client;
use super::failure::Failure;
use super::output::{print, visible};

#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// `error.reference` of the answer.
    reference: String,
    /// Where the server is reached [env: DIGIME_MOCK_URL] [default: http://127.0.0.1:8080]
    #[arg(long, visible_alias = "server", value_name = "URL")]
    url: Option<OsString>,
    /// The server's admin token, if it has one [env: DIGIME_MOCK_ADMIN_TOKEN]
    #[arg(long, value_name = "TOKEN")]
    admin_token: Option<OsString>,
    /// The CA to trust if the server speaks https (PEM) [env: DIGIME_MOCK_CA] [default: the development CA]
    #[arg(long, value_name = "FILE")]
    ca: Option<OsString>,
}

pub(super) fn run(args: ExplainArgs) -> Result<(), Failure> {
    if args.reference.is_empty() || !args.reference.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Failure::usage("a reference is 32 letters and digits: error.reference of the answer"));
    }
    let client = Client::from_args("url", args.url, args.admin_token, args.ca)?;
    let answer = client.ask(Method::GET, &format!("explain/{}", args.reference), None)?;
    match answer.json.get("text").and_then(Value::as_str) {
        Some(text) => print(text.lines().map(|line| visible(line) + "\n").collect::<String>()),
        None => Err(Failure::new(answer.problem())),
    }
}

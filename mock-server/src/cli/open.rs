//! `digime-mock open`: the user's phone, for a shell.

use std::ffi::OsString;

use clap::Args;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::client::{self, Client};
use super::failure::Failure;
use super::output::print;

#[derive(Args, Debug)]
pub(super) struct OpenArgs {
    /// What an app opens the digi.me app with, such as "digime://consent-access?…", or the URL of a consent
    /// page; in quotation marks, because of its &.
    link: String,
    /// Consent (the default).
    #[arg(long, conflicts_with_all = ["decline", "error"])]
    approve: bool,
    /// Decline.
    #[arg(long, conflicts_with = "error")]
    decline: bool,
    /// Answer with this error instead, such as SERVER_ERROR.
    #[arg(long, value_name = "CODE")]
    error: Option<String>,
    /// The source to connect, by its id in the catalogue.
    #[arg(long, value_name = "ID")]
    service: Option<u32>,
    /// The dataset that the source delivers.
    #[arg(long, value_name = "ID")]
    data_set: Option<String>,
    /// Consent as a new user, whose phone it is from now on.
    #[arg(long)]
    new_user: bool,
    /// Ask the callback as well, as the phone's browser would; it must begin with http://.
    #[arg(long)]
    call: bool,
    /// Whose phone it is, if the link does not say: the id of a sandbox.
    #[arg(long, value_name = "ID")]
    sandbox: Option<String>,
    /// Where the server is reached [env: DIGIME_MOCK_URL] [default: http://127.0.0.1:8080]
    #[arg(long, value_name = "URL", alias = "url")]
    server: Option<OsString>,
    /// The server's admin token, if it has one [env: DIGIME_MOCK_ADMIN_TOKEN]
    #[arg(long, value_name = "TOKEN")]
    admin_token: Option<OsString>,
    /// The CA to trust if the server speaks https (PEM) [env: DIGIME_MOCK_CA] [default: the development CA]
    #[arg(long, value_name = "FILE")]
    ca: Option<OsString>,
}

pub(super) fn run(args: OpenArgs) -> Result<(), Failure> {
    let client = Client::from_args("server", args.server, args.admin_token, args.ca)?;
    let decision = match (args.decline, &args.error) {
        (true, _) => "decline",
        (false, Some(_)) => "error",
        (false, None) => "approve",
    };
    let mut body = json!({ "url": args.link, "decision": decision, "newUser": args.new_user });
    for (name, value) in [
        ("errorCode", args.error.map(Value::from)),
        ("dataSet", args.data_set.map(Value::from)),
        ("service", args.service.map(Value::from)),
    ] {
        if let Some(value) = value {
            body[name] = value;
        }
    }
    let sandbox = args.sandbox.map(|id| in_query("sandbox", &id)).unwrap_or_default();
    let answer = client.ask(Method::POST, &format!("consent{sandbox}"), Some(&body))?;
    match answer.status {
        StatusCode::OK => {}
        StatusCode::BAD_REQUEST => return Err(Failure::usage(answer.problem())),
        _ => return Err(Failure::new(answer.problem())),
    }
    let Some(location) = answer.json["location"].as_str() else {
        let text = serde_json::to_string_pretty(&answer.json).map_err(Failure::new)?;
        print(format!("{text}\n"))?;
        return match args.call {
            true => Err(Failure::usage("there is no callback to call")),
            false => Ok(()),
        };
    };
    print(format!("{location}\n"))?;
    if !args.call {
        return Ok(());
    }
    let status = client::call(location)?;
    print(format!("{status}\n"))?;
    match status.is_client_error() || status.is_server_error() {
        true => Err(Failure::new(format!("the app answered its callback with {status}"))),
        false => Ok(()),
    }
}

fn in_query(name: &str, value: &str) -> String {
    let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    format!("?{name}={value}")
}

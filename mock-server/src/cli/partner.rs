//! `digime-mock partner`: partners of a server that is running.

use std::num::NonZeroU32;

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Map, Value, json};

use super::administration::Administration;
use super::failure::Failure;
use super::output::{print, visible};
use super::server_args::ServerArgs;

#[derive(Args, Debug)]
pub(super) struct PartnerArgs {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the partners and what they use.
    List,
    /// Make a partner with a sandbox, an application and keys of its own, and print all of it as JSON, once.
    New(NewArgs),
    /// Change the quotas or the name of a partner.
    Change(ChangeArgs),
    /// Give a partner another token, and print it, once; the former one is refused from then on.
    Token {
        /// The partner.
        partner: String,
    },
    /// Remove a partner with all of its sandboxes.
    Remove {
        /// The partner.
        partner: String,
    },
}

#[derive(Args, Debug)]
struct NewArgs {
    /// The partner; an id is made if it is absent.
    partner: Option<String>,
    #[command(flatten)]
    described: DescribedArgs,
}

#[derive(Args, Debug)]
struct ChangeArgs {
    /// The partner.
    partner: String,
    #[command(flatten)]
    described: DescribedArgs,
}

#[derive(Args, Debug)]
struct DescribedArgs {
    /// What people call it.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// How many users it may have.
    #[arg(long, value_name = "NUMBER")]
    users: Option<u64>,
    /// How many bytes it may have pushed and stored for them.
    #[arg(long, value_name = "BYTES")]
    bytes: Option<u64>,
    /// How many requests a second it has.
    #[arg(long, value_name = "NUMBER")]
    requests: Option<NonZeroU32>,
    /// How many sandboxes it may make besides the one that it always has.
    #[arg(long, value_name = "NUMBER")]
    sandboxes: Option<u32>,
}

impl DescribedArgs {
    fn name_body(&self) -> Map<String, Value> {
        self.name.iter().map(|name| ("name".to_owned(), json!(name))).collect()
    }

    fn quotas(&self) -> Map<String, Value> {
        let quotas = [
            ("users", self.users.map(|users| json!(users))),
            ("bytes", self.bytes.map(|bytes| json!(bytes))),
            ("requestsPerSecond", self.requests.map(|requests| json!(requests))),
            ("sandboxes", self.sandboxes.map(|sandboxes| json!(sandboxes))),
        ];
        quotas.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

pub(super) fn run(args: PartnerArgs) -> Result<(), Failure> {
    let server = args.server.administration()?;
    match args.command {
        Command::List => list(&server),
        Command::New(args) => {
            let mut body = args.described.name_body();
            if let Some(partner) = args.partner {
                body.insert("partnerId".to_owned(), json!(partner));
            }
            body.insert("quotas".to_owned(), Value::Object(args.described.quotas()));
            let made = server.ask(Method::POST, &["partners"], Some(&Value::Object(body)))?;
            print(format!("{made:#}\n"))
        }
        Command::Change(args) => {
            let mut body = args.described.name_body();
            body.insert("quotas".to_owned(), Value::Object(args.described.quotas()));
            let changed =
                server.ask(Method::PATCH, &["partners", &args.partner], Some(&Value::Object(body)))?;
            print(line(&changed))
        }
        Command::Token { partner } => {
            let renewed = server.ask(Method::POST, &["partners", &partner, "token"], None)?;
            print(format!("{}\n", renewed["token"].as_str().unwrap_or_default()))
        }
        Command::Remove { partner } => server.ask(Method::DELETE, &["partners", &partner], None).map(|_| ()),
    }
}

fn list(server: &Administration) -> Result<(), Failure> {
    let all = server.ask(Method::GET, &["partners"], None)?;
    let mut text = String::new();
    for partner in all["partners"].as_array().into_iter().flatten() {
        let id = partner["partnerId"].as_str().unwrap_or_default();
        text.push_str(&line(&server.ask(Method::GET, &["partners", id], None)?));
    }
    print(text)
}

fn line(partner: &Value) -> String {
    let word = |name: &str| visible(partner[name].as_str().unwrap_or_default());
    let (quotas, usage) = (&partner["quotas"], &partner["usage"]);
    let used = |name: &str| match usage[name].as_u64() {
        Some(used) => format!("{used} of {}", quotas[name]),
        None => format!("at most {}", quotas[name]),
    };
    format!(
        "{}  {}\n  sandbox {}, and at most {} more; users {}; bytes {}; at most {} requests a second\n",
        word("partnerId"),
        word("name"),
        word("sandbox"),
        quotas["sandboxes"],
        used("users"),
        used("bytes"),
        quotas["requestsPerSecond"],
    )
}

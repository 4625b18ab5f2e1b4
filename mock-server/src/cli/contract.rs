//! `digime-mock contract`: contracts of a server that is running.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::administration::Administration;
use super::failure::Failure;
use super::key::write_file;
use super::output::{is_stream, print, visible};
use super::server_args::ServerArgs;
use crate::domain::contract::ContractKind;

#[derive(Args, Debug)]
pub(super) struct ContractArgs {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the applications and their contracts.
    List,
    /// Make a contract, and its application if there is none.
    New(NewArgs),
    /// Change the key of a contract; the former key is good besides for a while.
    Rotate(RotateArgs),
    /// Remove a contract: its clients are refused from then on.
    Remove(NamedArgs),
}

#[derive(Args, Debug)]
struct NamedArgs {
    /// The application.
    application: String,
    /// The contract.
    contract: String,
}

#[derive(Args, Debug)]
struct KeyArgs {
    /// The public key of a pair of one's own (PEM); without it a pair is made.
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// File for the private key of a pair that is made, readable by its owner alone; the output if absent.
    #[arg(long, value_name = "FILE", conflicts_with = "public_key")]
    out: Option<PathBuf>,
    /// Replace that file if it is there.
    #[arg(long, requires = "out")]
    force: bool,
}

impl KeyArgs {
    /// Checks that no other key is lost; before anything is made, because its key is told only once.
    fn require_room(&self) -> Result<(), Failure> {
        match &self.out {
            Some(file) if !is_stream(file) && file.exists() && !self.force => {
                Err(Failure::usage(format!("{} is already there; --force replaces it", file.display())))
            }
            _ => Ok(()),
        }
    }
}

#[derive(Args, Debug)]
struct NewArgs {
    /// The application.
    application: String,
    /// The contract; an id is made if it is absent.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// read, write, read-raw or one-off.
    #[arg(long, value_name = "KIND", default_value = "read", value_parser = kind)]
    kind: ContractKind,
    /// What the consent page calls the application, if it is made.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What people call the contract.
    #[arg(long, value_name = "NAME")]
    contract_name: Option<String>,
    /// What of the data it gives at most, as JSON: {"timeRanges":[{"last":"6m"}]}.
    #[arg(long, value_name = "JSON", value_parser = scope)]
    scope: Option<Value>,
    /// A callback, as a rule; may be repeated.
    #[arg(long, value_name = "RULE")]
    redirect: Vec<String>,
    /// A service group that it may read; may be repeated. All if absent.
    #[arg(long, value_name = "ID")]
    group: Vec<u32>,
    #[command(flatten)]
    key: KeyArgs,
}

#[derive(Args, Debug)]
struct RotateArgs {
    #[command(flatten)]
    named: NamedArgs,
    /// How long the former key is good besides, on the sandbox's clock.
    #[arg(long, value_name = "DURATION", default_value = "24h")]
    overlap: String,
    #[command(flatten)]
    key: KeyArgs,
}

fn kind(text: &str) -> Result<ContractKind, String> {
    serde_json::from_value(json!(text)).map_err(|_| "use read, write, read-raw or one-off".to_owned())
}

fn scope(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))
}

pub(super) fn run(args: ContractArgs) -> Result<(), Failure> {
    let server = args.server.administration()?;
    match args.command {
        Command::List => list(&server),
        Command::New(new) => make(&server, new),
        Command::Rotate(rotate) => {
            rotate.key.require_room()?;
            let NamedArgs { application, contract } = &rotate.named;
            let mut body = json!({ "overlap": rotate.overlap });
            add_key(&mut body, &rotate.key)?;
            let path = ["applications", application.as_str(), "contracts", contract, "rotate"];
            shown(&server.ask(Method::POST, &path, Some(&body))?, rotate.key.out.as_deref())
        }
        Command::Remove(NamedArgs { application, contract }) => server
            .ask(Method::DELETE, &["applications", &application, "contracts", &contract], None)
            .map(|_| ()),
    }
}

fn list(server: &Administration) -> Result<(), Failure> {
    let all = server.ask(Method::GET, &["applications"], None)?;
    let mut text = String::new();
    for application in all["applications"].as_array().into_iter().flatten() {
        let word = |value: &Value| visible(value.as_str().unwrap_or_default());
        text.push_str(&format!("{}  {}\n", word(&application["applicationId"]), word(&application["name"])));
        for contract in application["contracts"].as_array().into_iter().flatten() {
            let former = match contract["formerKeyUntil"].is_i64() {
                true => "  (the former key is good too)",
                false => "",
            };
            let (id, kind) = (word(&contract["contractId"]), word(&contract["kind"]));
            text.push_str(&format!("  {id}  {kind}{former}\n"));
        }
    }
    print(text)
}

fn make(server: &Administration, args: NewArgs) -> Result<(), Failure> {
    args.key.require_room()?;
    let mut contract = json!({ "kind": args.kind, "serviceGroups": args.group });
    if let Some(id) = args.id {
        contract["contractId"] = json!(id);
    }
    if let Some(name) = args.contract_name {
        contract["name"] = json!(name);
    }
    if let Some(scope) = args.scope {
        contract["scope"] = scope;
    }
    if !args.redirect.is_empty() {
        contract["redirectUris"] = json!(args.redirect);
    }
    add_key(&mut contract, &args.key)?;
    let known = server.try_ask(Method::GET, &["applications", &args.application], None)?;
    let made = match known.status {
        StatusCode::NOT_FOUND => {
            let mut body = json!({ "applicationId": args.application, "contracts": [contract] });
            if let Some(name) = args.name {
                body["name"] = json!(name);
            }
            server.ask(Method::POST, &["applications"], Some(&body))?["contracts"][0].take()
        }
        _ => server.ask(Method::POST, &["applications", &args.application, "contracts"], Some(&contract))?,
    };
    shown(&made, args.key.out.as_deref())
}

fn add_key(body: &mut Value, args: &KeyArgs) -> Result<(), Failure> {
    let Some(file) = &args.public_key else { return Ok(()) };
    let pem = std::fs::read_to_string(file);
    let pem = pem.map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))?;
    body["publicKey"] = json!(pem);
    Ok(())
}

/// Shows a contract that was made or has another key: its id, and the private key if there is one.
fn shown(contract: &Value, out: Option<&Path>) -> Result<(), Failure> {
    let id = contract["contractId"].as_str().unwrap_or_default();
    let Some(private_key) = contract["privateKey"].as_str() else { return print(format!("{id}\n")) };
    let Some(out) = out.filter(|out| !is_stream(out)) else {
        return print(format!("{id}\n{private_key}"));
    };
    write_file(out, private_key.as_bytes()).map_err(|error| {
        let problem = format!("{} cannot be written: {error}", out.display());
        Failure::new(format!(
            "{problem}; {id} was made, and `digime-mock contract rotate` gives it another key"
        ))
    })?;
    print(format!("{id}\n"))
}

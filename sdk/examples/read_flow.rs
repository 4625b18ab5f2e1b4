//! The whole read flow against a running mock server:
//!
//! ```sh
//! cargo run                                 # in one terminal: the mock server
//! cargo run -p digime --example read_flow   # in another
//! ```
//!
//! The server's base URL may be given as argument or as `DIGIME_MOCK_URL`. Against
//! the platform itself only two things differ: keys and ids come from your own
//! contract, and a person goes through the consent page.

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;

use digime::{
    Account, Authorization, AuthorizeOptions, Client, Contract, File, FileMetadata, PrivateKey,
    ReadAllOptions, ReadEvent, User,
};
use futures_util::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;

const DEFAULT_SERVER: &str = "http://127.0.0.1:8080";
const CALLBACK: &str = "http://localhost:9000/callback";
/// Spotify, one of the sources the mock server has sample data for.
const SOURCE: u64 = 16;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match read_flow(&server_url()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn server_url() -> String {
    let given = std::env::args().nth(1).or_else(|| std::env::var("DIGIME_MOCK_URL").ok());
    given.unwrap_or_else(|| DEFAULT_SERVER.to_owned()).trim_end_matches('/').to_owned()
}

async fn read_flow(server: &str) -> Result<()> {
    // A browser that shows redirects instead of following them.
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;

    let credentials = credentials(&browser, server).await?;
    let (client, contract) = set_up(server, &credentials)?;
    println!("application {}, contract {}", client.application_id(), contract.id());

    let options =
        AuthorizeOptions::new(CALLBACK).service_id(SOURCE).sample_data("default").auto_onboard(true);
    let authorization = client.authorize_url(&contract, options).await?;

    let callback = consent(&browser, &authorization).await?;
    let code = authorization.callback(&callback)?.into_code()?;
    let token = client.exchange_code_for_token(&contract, code, &authorization.code_verifier).await?;
    println!("the user has consented");

    let user = client.user(&contract, token);
    let files = read_everything(&user, &authorization).await?;
    print_files(&files);
    print_accounts(&user.read_accounts().await?);
    Ok(())
}

/// What the mock server tells about its applications and contracts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    application_id: String,
    contracts: Vec<ContractCredentials>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContractCredentials {
    contract_id: String,
    kind: String,
    private_key: String,
}

async fn credentials(browser: &reqwest::Client, server: &str) -> Result<Credentials> {
    let answer = browser.get(format!("{server}/__admin/credentials")).send().await;
    let answer = answer.and_then(reqwest::Response::error_for_status).map_err(|error| {
        let reason = if error.is_connect() { "nothing answers there".to_owned() } else { error.to_string() };
        format!(
            "no mock server at {server}: {reason}\n\n\
             Start it in another terminal with\n\n    cargo run\n\n\
             and wait for the line \"listening on …\". If it listens elsewhere, pass its URL:\n\n    \
             cargo run -p digime --example read_flow -- http://127.0.0.1:PORT"
        )
    })?;
    serde_json::from_slice(&answer.bytes().await?)
        .map_err(|error| format!("{server} answers, but not as the mock server does: {error}").into())
}

fn set_up(server: &str, credentials: &Credentials) -> Result<(Client, Contract)> {
    let read = credentials.contracts.iter().find(|contract| contract.kind == "read");
    let read = read.ok_or("the mock server has no contract of kind \"read\"")?;
    let client = Client::builder(&credentials.application_id)
        .origin(server)
        .on_token(|new| println!("a new token for {}: this is the moment to store it", new.contract_id))
        .build()?;
    let contract = Contract::new(read.contract_id.as_str(), PrivateKey::from_pem(&read.private_key)?)?;
    Ok((client, contract))
}

/// Opens the consent page. With `auto_onboard` it redirects straight back to the
/// callback, which a web application would now be called with.
async fn consent(browser: &reqwest::Client, authorization: &Authorization) -> Result<String> {
    let page = browser.get(authorization.url.clone()).send().await?;
    let status = page.status();
    let location = page.headers().get("location").and_then(|value| value.to_str().ok());
    match location {
        Some(callback) => Ok(callback.to_owned()),
        None => Err(format!("the consent page answered {status} instead of redirecting").into()),
    }
}

async fn read_everything(user: &User, authorization: &Authorization) -> Result<Vec<File>> {
    let progress = ProgressBar::no_length()
        .with_style(ProgressStyle::with_template("{spinner} {pos} files, {msg} [{elapsed_precise}]")?);
    let mut files: BTreeMap<String, File> = BTreeMap::new();
    let mut state = "waiting".to_owned();
    let mut bytes = 0;
    let mut events = user.read_all_files(&authorization.session.key, ReadAllOptions::new());
    while let Some(event) = events.next().await {
        match event {
            ReadEvent::File(Ok(file)) => {
                bytes += file.len();
                // A file that changes while it is synced comes again, newer.
                files.insert(file.name.to_string(), file);
                progress.set_position(files.len() as u64);
            }
            ReadEvent::File(Err(failure)) => progress.println(format!("not read: {failure}")),
            ReadEvent::Status(status) => state = status.state.to_string(),
            ReadEvent::Finished(status) => state = status.state.to_string(),
            ReadEvent::Failed(error) => return Err(error.into()),
            _ => {}
        }
        progress.set_message(format!("{bytes} bytes, {state}"));
    }
    progress.finish_and_clear();
    println!("read {} files, {bytes} bytes, final state {state}", files.len());
    Ok(files.into_values().collect())
}

fn print_files(files: &[File]) {
    println!("\n{:>9}  {:<20} {:>7}  name", "bytes", "object type", "objects");
    for file in files {
        let (kind, objects) = match &file.metadata {
            FileMetadata::Mapped(mapped) => (mapped.object_type.as_str(), mapped.object_count.to_string()),
            FileMetadata::Raw(raw) => (raw.mime_type.as_str(), "-".to_owned()),
            _ => ("unknown", "-".to_owned()),
        };
        println!("{:>9}  {kind:<20} {objects:>7}  {}", file.len(), file.name);
    }
}

fn print_accounts(accounts: &[Account]) {
    println!("\naccounts");
    for account in accounts {
        let user = account.username.as_deref().unwrap_or("-");
        println!("  {} ({}): {user}", account.service_type_name, account.service_group_name);
    }
}

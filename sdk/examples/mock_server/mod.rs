//! What the examples need besides the SDK: the mock server's credentials, and a
//! browser whose user agrees to everything. With the platform, ids and keys come
//! from your contract, and a person goes through the pages.

use std::error::Error;
use std::fmt::Display;
use std::process::ExitCode;

use digime::{Authorization, Client, Contract, PrivateKey, User};
use serde_json::Value;

pub(crate) type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// Where the mock server listens: an argument, `DIGIME_MOCK_URL`, or its default.
pub(crate) fn origin() -> String {
    let given = std::env::args().nth(1).or_else(|| std::env::var("DIGIME_MOCK_URL").ok());
    given.unwrap_or_else(|| "http://127.0.0.1:8080".to_owned())
}

/// Ends an example.
pub(crate) fn ended<T>(outcome: Result<T>) -> ExitCode {
    match outcome {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A client of the mock server, and a contract of a kind: `read`, `write` or `read-raw`.
pub(crate) async fn client_and_contract(origin: &str, kind: &str) -> Result<(Client, Contract)> {
    let unreachable = |error: &dyn Display| {
        format!("no mock server at {origin} ({error}); start it with `cargo run`, or name another one")
    };
    let answer = reqwest::get(format!("{origin}/__admin/credentials")).await;
    let answer = answer.and_then(reqwest::Response::error_for_status).map_err(|error| unreachable(&error))?;
    let credentials: Value = serde_json::from_slice(&answer.bytes().await?)?;
    let mut contracts = credentials["contracts"].as_array().into_iter().flatten();
    let contract = contracts.find(|contract| contract["kind"] == kind).ok_or("no such contract")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let key = PrivateKey::from_pem(&text(&contract["privateKey"]))?;
    let contract = Contract::new(text(&contract["contractId"]), key)?;
    Ok((Client::builder(text(&credentials["applicationId"])).origin(origin).build()?, contract))
}

/// Opens the consent page, which redirects straight back to the callback
/// (`auto_onboard`), and connects the user.
#[allow(dead_code, reason = "each example includes this file, and one has a browser of its own")]
pub(crate) async fn consent(client: &Client, authorization: &Authorization) -> Result<User> {
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let page = browser.get(authorization.url.clone()).send().await?;
    let callback = page.headers().get("location").ok_or("the consent page did not redirect")?;
    let grant = authorization.callback(callback.to_str()?)?;
    Ok(client.connect(grant).await?)
}

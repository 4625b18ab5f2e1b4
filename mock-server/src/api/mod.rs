//! The platform's API: each file serves one resource, and only translates between HTTP and
//! [`crate::domain`].

pub(crate) mod accounts;
pub(crate) mod assets;
pub(crate) mod authorize;
pub(crate) mod cloud;
pub(crate) mod contract;
mod contract_certificate;
pub(crate) mod discovery;
pub(crate) mod file;
mod icon;
pub(crate) mod import;
pub(crate) mod provider_import;
pub(crate) mod query;
pub(crate) mod reference;
pub(crate) mod report;
pub(crate) mod revoke;
pub(crate) mod sample_datasets;
pub(crate) mod storage;
pub(crate) mod token;
pub(crate) mod token_reference;
pub(crate) mod tracking;
pub(crate) mod trigger;
pub(crate) mod user;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::journal::check::Check;
use crate::domain::contract::Contract;
use crate::domain::pull_options::PullOptions;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::session::SessionRef;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;

/// 200 with a value as JSON.
fn reply_json<T: Serialize>(value: &T) -> Outcome {
    serde_json::to_value(value).map(Reply::json).map_err(unwritable)
}

/// An answer that cannot be written is a defect of the server.
fn unwritable(error: impl std::fmt::Display) -> Refusal {
    Refusal::new(500, RefusalCode::InternalServerError, "The answer could not be written", error.to_string())
}

/// A file that the disk does not take is no fault of the client's.
fn not_stored(error: std::io::Error) -> Refusal {
    Refusal::defect("The file could not be stored", &error)
}

/// Signs a token payload (protocol reference, crypto §3).
fn sign<T: Serialize>(call: &Call, payload: &T) -> Result<String, Refusal> {
    let signed = call.server.signing.sign(&call.origin(), payload);
    signed.map_err(|error| Refusal::defect("The token could not be signed", &error))
}

/// Whether a callback is registered with the contract.
fn require_registered(contract: &Contract, redirect_uri: &str) -> Result<(), Refusal> {
    if contract.allows_redirect(redirect_uri) {
        return Ok(());
    }
    let rules: Vec<_> = contract.redirect_rules.iter().map(ToString::to_string).collect();
    let detail = format!("registered for {}: {}", contract.contract_id, rules.join(", "));
    Err(Refusal::invalid_redirect_uri(redirect_uri, detail))
}

/// The body of what starts a browser flow.
#[derive(Default, Deserialize, JsonSchema)]
pub(crate) struct FlowBody {
    #[serde(default)]
    agent: Option<Value>,
    actions: Option<Actions>,
}

#[derive(Default, Deserialize, JsonSchema)]
struct Actions {
    pull: Option<PullOptions>,
}

impl FlowBody {
    /// What the session is to read.
    fn read(call: &mut Call, contract: &Contract) -> Result<PullOptions, Refusal> {
        let body: Self = call.json()?;
        let options = body.actions.unwrap_or_default().pull.unwrap_or_default();
        acceptable(call, contract, body.agent.as_ref(), &options)?;
        Ok(options)
    }
}

/// Checks what every request that opens a session says of itself.
fn acceptable(
    call: &mut Call,
    contract: &Contract,
    agent: Option<&Value>,
    options: &PullOptions,
) -> Result<(), Refusal> {
    let served = agent.map_or(Ok(()), |agent| call.server.settings.agents.require_served(agent));
    call.verdict.check(Check::Agent, served)?;
    call.verdict.check(Check::SessionOptions, options.validate())?;
    call.verdict.check(Check::ScopeWithinContract, options.require_within(contract))
}

/// `session` of an answer: `expiry` in milliseconds.
fn session_json(session: &SessionRef) -> Value {
    json!({ "key": session.key, "expiry": session.expires.millis() })
}

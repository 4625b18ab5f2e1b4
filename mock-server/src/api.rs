//! The platform's API: each file serves one resource, and only translates between HTTP and
//! [`crate::domain`].

pub(crate) mod accounts;
pub(crate) mod authorize;
pub(crate) mod contract;
pub(crate) mod file;
pub(crate) mod import;
pub(crate) mod provider_import;
pub(crate) mod query;
pub(crate) mod reference;
pub(crate) mod report;
pub(crate) mod revoke;
pub(crate) mod token;
pub(crate) mod token_reference;
pub(crate) mod tracking;
pub(crate) mod trigger;
pub(crate) mod user;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::Call;
use crate::domain::contract::Contract;
use crate::domain::pull_options::PullOptions;
use crate::domain::refusal::Refusal;
use crate::domain::session::SessionRef;

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
#[derive(Default, Deserialize)]
struct FlowBody {
    actions: Option<Actions>,
}

#[derive(Default, Deserialize)]
struct Actions {
    pull: Option<PullOptions>,
}

impl FlowBody {
    /// What the session is to read.
    fn read(call: &mut Call) -> Result<PullOptions, Refusal> {
        let body: Self = call.json()?;
        let options = body.actions.unwrap_or_default().pull.unwrap_or_default();
        call.verdict.check("session options", options.validate())?;
        Ok(options)
    }
}

/// `session` of an answer: `expiry` in milliseconds.
fn session_json(session: &SessionRef) -> Value {
    json!({ "key": session.key, "expiry": session.expires.millis() })
}

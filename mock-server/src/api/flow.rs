//! What the requests that start a flow, and their answers, have in common.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::contract::Contract;
use crate::domain::pull_options::PullOptions;
use crate::domain::refusal::Refusal;
use crate::domain::session::SessionRef;
use crate::http::call::Call;
use crate::journal::check::Check;

/// What the document says of the header that names an account.
pub(super) const ACCOUNT_HEADER: &str = "The account; the path holds the literal text `h:accountId`.";

/// Signs a token payload (protocol reference, crypto §3).
pub(super) fn sign<T: Serialize>(call: &Call, payload: &T) -> Result<String, Refusal> {
    let signed = call.server.signing(call.received).signing.sign(&call.reached().key_set(), payload);
    signed.map_err(|error| Refusal::defect("The token could not be signed", &error))
}

/// The body of what starts a browser flow, as it is sent.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(rename = "FlowBody")]
pub(super) struct FlowBodyJson {
    #[serde(default)]
    agent: Option<Value>,
    actions: Option<Actions>,
}

/// What a request that starts a browser flow says of itself.
pub(super) struct FlowBody {
    /// The client library.
    pub(super) agent: Option<Value>,
    /// What the session is to read.
    pub(super) options: PullOptions,
}

#[derive(Default, Deserialize, JsonSchema)]
struct Actions {
    pull: Option<PullOptions>,
}

impl FlowBody {
    /// Reads the body and checks what it says.
    pub(super) fn read(call: &mut Call, contract: &Contract) -> Result<Self, Refusal> {
        let FlowBodyJson { agent, actions } = call.json()?;
        let options = actions.unwrap_or_default().pull.unwrap_or_default();
        acceptable(call, contract, agent.as_ref(), &options)?;
        Ok(Self { agent, options })
    }
}

/// Checks what every request that opens a session says of itself.
pub(super) fn acceptable(
    call: &mut Call,
    contract: &Contract,
    agent: Option<&Value>,
    options: &PullOptions,
) -> Result<(), Refusal> {
    let served = agent.map_or(Ok(()), |agent| call.server.settings.agents.require_served(agent));
    call.verdict.check(Check::Agent, served)?;
    call.sdk_warning = agent.and_then(|agent| call.server.settings.agents.warning(agent));
    call.verdict.check(Check::SessionOptions, options.validate())?;
    call.verdict.check(Check::ScopeWithinContract, options.require_within(contract))
}

/// A session: `expiry` in milliseconds.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub(super) struct SessionJson {
    key: String,
    /// Milliseconds since 1970.
    expiry: i64,
}

impl From<SessionRef> for SessionJson {
    fn from(session: SessionRef) -> Self {
        Self { key: session.key, expiry: session.expires.millis() }
    }
}

/// What starts a browser flow: a code, as a signed token, and a session.
#[derive(Serialize, JsonSchema)]
pub(super) struct TokenAndSession {
    pub(super) token: String,
    /// Absent in generations whose clients open a session before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session: Option<SessionJson>,
}

/// A signed token alone.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Token")]
pub(super) struct TokenJson {
    pub(super) token: String,
}

/// What was pushed has arrived.
#[derive(Serialize, JsonSchema)]
pub(super) struct Delivered {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<u32>,
}

impl Delivered {
    pub(super) fn new() -> Self {
        Self { status: "delivered", expires: None }
    }

    pub(super) fn expiring(expires: u32) -> Self {
        Self { expires: Some(expires), ..Self::new() }
    }
}

/// A file that the disk does not take is no fault of the client's.
pub(super) fn not_stored(error: std::io::Error) -> Refusal {
    tracing::warn!("a file could not be stored: {error}");
    Refusal::no_room("The file could not be stored", error.to_string())
}

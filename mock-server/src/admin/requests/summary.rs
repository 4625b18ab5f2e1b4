//! A request in short, as streams and lists show it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::journal::Entry;
use crate::operations::Operation;

/// A request in short.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RequestSummary")]
pub(in crate::admin) struct Summary {
    /// Its number on the server that answered it.
    sequence: u64,
    /// Which of several servers that share the state answered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    /// When it came, by the sandbox's clock (RFC 3339).
    time: String,
    /// What it asked for; none if nothing is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<Operation>,
    method: String,
    /// Path and query.
    path: String,
    /// Answered status.
    status: u16,
    /// The platform's code, if it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// Whether a fault struck it.
    fault: bool,
    /// The user whose token it showed or was given, by the `sub` of their tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// Fingerprints that requests of one flow share.
    links: Vec<String>,
    /// How long the answer took, in milliseconds.
    millis: u64,
}

impl From<&Entry> for Summary {
    fn from(entry: &Entry) -> Self {
        Self {
            sequence: entry.sequence,
            server: entry.server.clone(),
            time: entry.time.clone(),
            operation: entry.operation,
            method: entry.method.clone(),
            path: entry.path.clone(),
            status: entry.status,
            code: entry.refusal.as_ref().map(|refusal| refusal.code.clone()),
            fault: entry.fault.is_some(),
            user: entry.user.clone(),
            links: entry.links.clone(),
            millis: entry.millis,
        }
    }
}

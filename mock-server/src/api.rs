//! The platform's API: each file serves one resource, and only translates between HTTP and
//! [`crate::domain`].

pub(crate) mod accounts;
pub(crate) mod authorize;
pub(crate) mod file;
pub(crate) mod query;
pub(crate) mod token;
pub(crate) mod trigger;

use serde::Serialize;
use serde_json::{Value, json};

use crate::call::Call;
use crate::domain::refusal::Refusal;
use crate::domain::session::SessionRef;

/// Signs a token payload (protocol reference, crypto §3).
fn sign<T: Serialize>(call: &Call, payload: &T) -> Result<String, Refusal> {
    let signed = call.server.signing.sign(&call.origin(), payload);
    signed.map_err(|error| {
        Refusal::new(500, "InternalServerError", "The token could not be signed", error.to_string())
    })
}

/// `session` of an answer: `expiry` in milliseconds.
fn session_json(session: &SessionRef) -> Value {
    json!({ "key": session.key, "expiry": session.expires.millis() })
}

//! The platform's API: each file serves one resource, and only translates between HTTP and
//! [`crate::domain`].

pub(crate) mod accounts;
pub(crate) mod assets;
pub(crate) mod authorize;
pub(crate) mod cloud;
pub(crate) mod discovery;
pub(crate) mod file;
pub(crate) mod query;
pub(crate) mod sample_datasets;
pub(crate) mod storage;
pub(crate) mod token;
pub(crate) mod trigger;

use serde::Serialize;
use serde_json::{Value, json};

use crate::call::Call;
use crate::dispatch::Outcome;
use crate::domain::refusal::Refusal;
use crate::domain::session::SessionRef;
use crate::reply::Reply;

/// 200 with a value as JSON.
fn reply_json<T: Serialize>(value: &T) -> Outcome {
    serde_json::to_value(value).map(Reply::json).map_err(unwritable)
}

/// An answer that cannot be written is a defect of the server.
fn unwritable(error: impl std::fmt::Display) -> Refusal {
    Refusal::new(500, "InternalServerError", "The answer could not be written", error.to_string())
}

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

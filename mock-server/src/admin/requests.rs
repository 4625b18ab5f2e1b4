//! The requests of the journal, as administration shows them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::http::call::Call;
use crate::http::reply::{Outcome, reply_json};
use crate::journal::Entry;

/// The requests that the journal keeps.
#[derive(Serialize, JsonSchema)]
pub(super) struct Requests {
    requests: Vec<Entry>,
}

/// What the journal keeps now.
pub(super) async fn list(call: &Call) -> Outcome {
    reply_json(&Requests { requests: call.sandbox.requests().await })
}

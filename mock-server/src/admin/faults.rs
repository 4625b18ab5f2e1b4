//! The injected faults, as administration shows them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::faults::Fault;
use crate::http::call::Call;
use crate::http::reply::{Outcome, reply_json};

/// The injected faults.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Faults")]
pub(super) struct FaultList {
    pub(super) faults: Vec<Fault>,
}

/// The faults, and how often each has struck.
pub(super) async fn list(call: &Call) -> Outcome {
    reply_json(&FaultList { faults: call.sandbox.faults().await? })
}

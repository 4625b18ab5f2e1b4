//! The injected faults, as administration shows them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::faults::{Fault, FaultId};
use crate::http::call::Call;
use crate::http::reply::{Outcome, reply_json};

/// The injected faults.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Faults")]
pub(super) struct FaultList {
    faults: Vec<FaultJson>,
}

/// An injected fault.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "InjectedFault")]
struct FaultJson {
    /// Names it, to end it. Faults that do the same have the same.
    #[schemars(with = "String")]
    id: FaultId,
    #[serde(flatten)]
    fault: Fault,
}

impl FaultList {
    pub(super) fn of(faults: Vec<Fault>) -> Self {
        Self { faults: faults.into_iter().map(|fault| FaultJson { id: fault.id(), fault }).collect() }
    }
}

/// The faults, and how often each has struck.
pub(super) async fn list(call: &Call) -> Outcome {
    reply_json(&FaultList::of(call.sandbox.faults().await?))
}

//! `GET /__admin/client-report`.

use super::to_json;
use crate::http::call::Call;
use crate::http::reply::Outcome;

/// How well the sandbox's clients keep the platform's contract.
pub(super) fn show(call: &Call) -> Outcome {
    to_json(&call.sandbox.client_report())
}

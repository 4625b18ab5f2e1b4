//! A sandbox's clock, as administration shows it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::durations;
use crate::http::call::Call;
use crate::http::reply::{Outcome, reply_json};
use crate::sandbox::Sandbox;

/// A sandbox's clock.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Clock")]
pub(super) struct ClockJson {
    /// RFC 3339.
    now: String,
    /// Milliseconds since 1970.
    now_millis: i64,
    /// How far it is ahead of real time, such as `2h`.
    offset: String,
}

impl ClockJson {
    /// What a sandbox's clock shows.
    pub(super) fn of(sandbox: &Sandbox) -> Self {
        let now = sandbox.now();
        Self {
            now: now.timestamp().to_string(),
            now_millis: now.millis(),
            offset: durations::format(sandbox.clock.offset()),
        }
    }
}

/// What the clock shows.
pub(super) fn show(call: &Call) -> Outcome {
    reply_json(&ClockJson::of(&call.sandbox))
}

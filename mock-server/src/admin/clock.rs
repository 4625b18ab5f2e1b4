//! A sandbox's clock, as administration shows it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::durations;
use crate::http::call::Call;
use crate::http::reply::{Outcome, reply_json};

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

/// What the clock shows.
pub(super) fn show(call: &Call) -> Outcome {
    let now = call.now();
    reply_json(&ClockJson {
        now: now.timestamp().to_string(),
        now_millis: now.millis(),
        offset: durations::format(call.sandbox.clock.offset()),
    })
}

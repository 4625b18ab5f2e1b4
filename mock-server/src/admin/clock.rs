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
    lifetimes: LifetimesJson,
}

/// How long things live by it, such as `10m`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Lifetimes")]
struct LifetimesJson {
    /// Preauthorization and authorization codes.
    code: String,
    /// Access tokens.
    access_token: String,
    /// Refresh tokens.
    refresh_token: String,
    /// How long a refresh token still works after it was used.
    refresh_grace: String,
    /// Read sessions.
    session: String,
}

impl ClockJson {
    /// What a sandbox's clock shows.
    pub(super) async fn of(sandbox: &Sandbox) -> Self {
        let (now, lifetimes) = (sandbox.now(), sandbox.lifetimes().await);
        Self {
            now: now.timestamp().to_string(),
            now_millis: now.millis(),
            offset: durations::format(sandbox.clock.offset()),
            lifetimes: LifetimesJson {
                code: durations::format(lifetimes.code),
                access_token: durations::format(lifetimes.access_token),
                refresh_token: durations::format(lifetimes.refresh_token),
                refresh_grace: durations::format(lifetimes.refresh_grace),
                session: durations::format(lifetimes.session),
            },
        }
    }
}

/// What the clock shows.
pub(super) async fn show(call: &Call) -> Outcome {
    reply_json(&ClockJson::of(&call.sandbox).await)
}

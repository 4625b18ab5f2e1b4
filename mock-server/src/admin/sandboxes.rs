//! `POST` and `DELETE /__admin/sandboxes`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::to_json;
use crate::config::sandbox_settings::{LifetimesTable, TimelineTable};
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;
use crate::sandbox::credentials::Credentials;

/// What a fresh sandbox does differently from the server's settings.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Body {
    lifetimes: LifetimesTable,
    timeline: TimelineTable,
}

pub(super) fn create(call: &mut Call) -> Outcome {
    let body: Body = call.json()?;
    let mut settings = call.server.settings.clone();
    body.lifetimes.apply(&mut settings.lifetimes);
    body.timeline.apply(&mut settings.timeline);
    let sandbox = call.server.sandboxes.create(&settings).ok_or_else(|| {
        let message = "The server holds as many sandboxes as it can";
        Refusal::new(429, "TooManyRequests", message, "DELETE /__admin/sandboxes?sandbox=ID removes one")
    })?;
    to_json(&Credentials::of(&sandbox, &call.origin()))
}

pub(super) fn remove(call: &Call) -> Outcome {
    let id = call.sandbox.id();
    if call.server.sandboxes.remove(id) {
        return Ok(Reply::json(json!({ "removed": id })));
    }
    Err(Refusal::validation("name a fresh sandbox by ?sandbox=ID; the default one always exists"))
}

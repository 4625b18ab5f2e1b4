//! `GET /__admin/requests` and `GET /__admin/explain/{reference}`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::to_json;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;
use crate::journal::Entry;

/// A refused request, and for people why.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Explanation {
    #[serde(flatten)]
    entry: Entry,
    text: String,
}

pub(super) fn list(call: &Call) -> Reply {
    Reply::json(json!({ "requests": call.sandbox.journal.list() }))
}

/// The refused request that a reference belongs to, as JSON and, in `text`, for people.
pub(super) fn explain(call: &Call) -> Outcome {
    let reference = call.param("reference");
    let entry = call.sandbox.journal.find(reference).ok_or_else(|| {
        Refusal::new(
            404,
            RefusalCode::NotFound,
            format!("No refused request has the reference {reference}"),
            "the journal keeps the last requests only (--journal-size), and a reset empties it",
        )
    })?;
    to_json(&Explanation { text: entry.to_string(), entry })
}

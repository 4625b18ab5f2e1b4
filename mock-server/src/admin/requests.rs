//! `GET /__admin/requests` and `GET /__admin/explain/{reference}`.

use serde_json::{Value, json};

use super::to_json;
use crate::call::Call;
use crate::dispatch::Outcome;
use crate::domain::refusal::Refusal;
use crate::reply::Reply;

pub(super) fn list(call: &Call) -> Reply {
    Reply::json(json!({ "requests": call.sandbox.journal.list() }))
}

/// The refused request that a reference belongs to, as JSON and, in `text`, for people.
pub(super) fn explain(call: &Call) -> Outcome {
    let reference = call.param("reference");
    let entry = call.sandbox.journal.find(reference).ok_or_else(|| {
        Refusal::new(
            404,
            "NotFound",
            format!("No refused request has the reference {reference}"),
            "the journal keeps the last requests only (--journal-size), and a reset empties it",
        )
    })?;
    let mut reply = to_json(&entry)?;
    if let crate::reply::ReplyBody::Json(Value::Object(json)) = &mut reply.body {
        json.insert("text".to_owned(), Value::String(entry.to_string()));
    }
    Ok(reply)
}

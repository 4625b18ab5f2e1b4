//! `POST permission-access/trigger` (protocol reference, http-api §4.1).

use http::StatusCode;
use serde_json::json;

use super::session_json;
use crate::call::Call;
use crate::dispatch::Outcome;
use crate::domain::pull_options::PullOptions;
use crate::reply::{Reply, ReplyBody};

pub(crate) fn trigger(call: &mut Call) -> Outcome {
    let (verified, library) = call.verify_user()?;
    let options: PullOptions = call.json()?;
    call.verdict.check("session options", options.validate())?;
    let now = call.now();
    let opened = call.sandbox.state().trigger(&verified.contract, &library, options, now);
    let session = call.verdict.check("contract kind", opened)?;
    let body = ReplyBody::Json(json!({ "session": session_json(&session) }));
    Ok(Reply::new(StatusCode::ACCEPTED, body))
}

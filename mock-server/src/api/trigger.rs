//! `POST permission-access/trigger` (protocol reference, http-api §4.1).

use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{acceptable, session_json};
use crate::journal::check::Check;
use crate::domain::pull_options::PullOptions;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::{Reply, ReplyBody};

/// The options stand at the top level here.
#[derive(Default, Deserialize, JsonSchema)]
pub(crate) struct TriggerBody {
    #[serde(default)]
    agent: Option<Value>,
    #[serde(flatten)]
    options: PullOptions,
}

pub(crate) fn trigger(call: &mut Call) -> Outcome {
    let (verified, library) = call.verify_user()?;
    let TriggerBody { agent, options } = call.json()?;
    acceptable(call, &verified.contract, agent.as_ref(), &options)?;
    let now = call.now();
    let opened = call.sandbox.state().trigger(&verified.contract, &library, options, now);
    let session = call.verdict.check(Check::ContractKind, opened)?;
    let body = ReplyBody::Json(json!({ "session": session_json(&session) }));
    Ok(Reply::new(StatusCode::ACCEPTED, body))
}

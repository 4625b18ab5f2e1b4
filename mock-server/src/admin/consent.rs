//! `POST /__admin/consent`: the user's part, without a browser.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::consent::browser::{ConsentError, UserDecision, decide_url};
use crate::consent::decision::Choice;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Body {
    url: String,
    decision: Option<DecisionName>,
    error_code: Option<String>,
    data_set: Option<String>,
    service: Option<u32>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum DecisionName {
    Approve,
    Decline,
    Error,
}

pub(super) fn decide(call: &mut Call) -> Outcome {
    let body: Body = call.json()?;
    let decision = match body.decision.unwrap_or(DecisionName::Approve) {
        DecisionName::Approve => {
            UserDecision::Approve(Choice { source: body.service, dataset: body.data_set })
        }
        DecisionName::Decline => UserDecision::decline(),
        DecisionName::Error => UserDecision::error(body.error_code.as_deref().unwrap_or("SERVER_ERROR")),
    };
    let decided = decide_url(&call.server.sandboxes, &body.url, &decision);
    let location = decided.map_err(|error| match error {
        ConsentError::NoPage(_) => Refusal::validation(error.to_string()),
        ConsentError::UnknownCode => Refusal::new(404, RefusalCode::NotFound, error.to_string(), error.to_string()),
    })?;
    Ok(Reply::json(json!({ "location": location })))
}

//! `GET` and `POST /__admin/clock`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::durations;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Advance {
    #[serde(with = "durations::as_text")]
    #[schemars(with = "String")]
    advance: Duration,
}

pub(super) fn show(call: &Call) -> Reply {
    let now = call.now();
    Reply::json(json!({
        "now": now.timestamp().to_string(),
        "nowMillis": now.millis(),
        "offset": durations::format(call.sandbox.clock.offset()),
    }))
}

pub(super) fn advance(call: &mut Call) -> Outcome {
    let Advance { advance } = call.json()?;
    call.sandbox.clock.advance(advance);
    Ok(show(call))
}

//! `POST tracking/sdk`: events that iOS reports about itself (protocol reference, http-api §9.2).

use serde_json::{Map, Value, json};

use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;

/// The journal keeps the events; nothing else is done with them.
pub(crate) fn tracking(call: &mut Call) -> Outcome {
    call.verify()?;
    let _: Map<String, Value> = call.json()?;
    Ok(Reply::json(json!({})))
}

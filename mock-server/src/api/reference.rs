//! `POST reference` (protocol reference, http-api §2.3).

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::journal::check::Check;
use crate::domain::refusal::Refusal;
use crate::domain::state::Referent;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::{Reply, ReplyBody};

#[derive(Default, Deserialize)]
struct Body {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    value: String,
}

pub(crate) fn reference(call: &mut Call) -> Outcome {
    let verified = call.verify()?;
    let body: Body = call.json()?;
    let referent = call.verdict.check(Check::ReferenceType, referent(body))?;
    let made = call.sandbox.state().reference(&verified.contract, referent, call.now());
    let id = call.verdict.check(Check::ReferenceValue, made)?;
    Ok(Reply::new(StatusCode::CREATED, ReplyBody::Json(json!({ "id": id }))))
}

fn referent(body: Body) -> Result<Referent, Refusal> {
    if body.value.is_empty() {
        return Err(Refusal::validation("value: it is missing or empty"));
    }
    match body.kind.as_str() {
        "accountId" => Ok(Referent::Account(body.value)),
        "cloudId" => Ok(Referent::Storage(body.value)),
        other => Err(Refusal::validation(format!("type: it is \"{other}\", expected accountId or cloudId"))),
    }
}

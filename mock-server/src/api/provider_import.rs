//! `POST permission-access/import/h:accountId/{standard}/{version}`: data for the source behind an
//! account (protocol reference, http-api §5.2).

use serde_json::{Map, Value, json};

use crate::journal::check::Check;
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;

/// The data goes to the source and does not come back: the journal is where a developer sees it.
pub(crate) fn import(call: &mut Call) -> Outcome {
    let (verified, user) = call.verify_user()?;
    let known = known_standard(call.param("standard"), call.param("version"));
    call.verdict.check(Check::StandardAndVersion, known)?;
    let account = call.required_header("accountId", Check::AccountIdHeader)?;
    let target = call.sandbox.state().push_target(&verified.contract, &user, &account).map(|_| ());
    call.verdict.check(Check::Account, target)?;
    let body: Map<String, Value> = call.json()?;
    let filled = (!body.is_empty()).then_some(());
    let empty = || Refusal::validation("the body is empty; expected a JSON object");
    call.verdict.check(Check::Body, filled.ok_or_else(empty))?;
    Ok(Reply::json(json!({ "status": "delivered" })))
}

fn known_standard(standard: &str, version: &str) -> Result<(), Refusal> {
    match (standard, version) {
        ("fhir", "stu3" | "3.0.2") => Ok(()),
        _ => Err(Refusal::validation(format!(
            "the path ends in {standard}/{version}, expected fhir/stu3 or fhir/3.0.2"
        ))),
    }
}

//! `GET`, `POST` and `DELETE /__admin/faults`.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::to_json;
use crate::domain::refusal::Refusal;
use crate::durations;
use crate::faults::hostile::Hostile;
use crate::faults::{Fault, FaultError};
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;
use crate::operations::route::Route;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Rule {
    /// `GET /v1.7/permission-access/query/{sessionKey}`, or the operation's name.
    #[serde(alias = "operation")]
    route: String,
    times: Option<u32>,
    file: Option<String>,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    error: Option<FaultError>,
    #[serde(default, with = "durations::as_text")]
    #[schemars(with = "String")]
    delay: Duration,
    #[serde(default)]
    corrupt: bool,
    #[serde(default)]
    truncate: bool,
    #[serde(default)]
    disconnect: bool,
    hostile: Option<Hostile>,
}

pub(super) fn list(call: &Call) -> Reply {
    let faults = call.sandbox.faults.list();
    Reply::json(json!({ "faults": faults }))
}

pub(super) fn inject(call: &mut Call) -> Outcome {
    let rule: Rule = call.json()?;
    let route = Route::find(&rule.route).map_err(|near| {
        Refusal::validation(format!("there is no route \"{}\"; near are: {}", rule.route, near.join(", ")))
    })?;
    if let Some(status) = rule.status.filter(|status| !(200..=599).contains(status)) {
        return Err(Refusal::validation(format!("status is {status}, expected 200 to 599")));
    }
    for (name, value) in &rule.headers {
        if HeaderName::from_bytes(name.as_bytes()).is_err() || HeaderValue::from_str(value).is_err() {
            return Err(Refusal::validation(format!("headers: \"{name}: {value}\" is no HTTP header")));
        }
    }
    if let Some(hostile) = rule.hostile.filter(|hostile| !hostile.applies_to(route.operation)) {
        let name = hostile.name();
        return Err(Refusal::validation(format!("hostile: no answer of {} can be {name}", route.name)));
    }
    let fault = Fault {
        times: rule.times,
        file: rule.file,
        status: rule.status,
        headers: rule.headers,
        error: rule.error,
        delay: rule.delay,
        corrupt: rule.corrupt,
        truncate: rule.truncate,
        disconnect: rule.disconnect,
        hostile: rule.hostile,
        ..Fault::on(route.operation)
    };
    let answer = to_json(&fault);
    call.sandbox.faults.inject(fault);
    answer
}

//! `POST /__admin/faults`.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use schemars::JsonSchema;
use serde::Deserialize;

use super::access::SANDBOX;
use super::known_parameters::named_route;
use crate::domain::refusal::Refusal;
use crate::durations;
use crate::faults::hostile::Hostile;
use crate::faults::{Fault, FaultError};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `POST /__admin/faults`
    pub const ADMIN_INJECT_FAULT: Self = Self::named("adminInjectFault");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_INJECT_FAULT,
        method: Method::POST,
        area: Area::Admin,
        template: "/faults",
        summary: "`POST /__admin/faults`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(inject(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Admin, Answer::json("The fault as it was understood.", schemas.answer::<Fault>()))
        .query(SANDBOX.0, SANDBOX.1)
        .body(Content::json(schemas.request::<Rule>()))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
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

async fn inject(call: &mut Call) -> Outcome {
    let rule: Rule = call.json()?;
    if rule.route.is_empty() {
        return Err(Refusal::validation("route is missing: an operation, such as token, or METHOD /path"));
    }
    let route = named_route(call, "route", &rule.route)?;
    if let Some(status) = rule.status.filter(|status| !(200..=599).contains(status)) {
        return Err(Refusal::validation(format!("status is {status}, expected 200 to 599")));
    }
    for (name, value) in &rule.headers {
        if HeaderName::from_bytes(name.as_bytes()).is_err() || HeaderValue::from_str(value).is_err() {
            return Err(Refusal::validation(format!("headers: \"{name}: {value}\" is no HTTP header")));
        }
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
    if let Some(problem) = call.sandbox.problem_of(&fault, route) {
        return Err(Refusal::validation(problem));
    }
    let answer = reply_json(&fault);
    call.sandbox.inject(fault).await?;
    answer
}

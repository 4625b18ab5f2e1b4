//! `GET /scenarios/run`.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::runner;
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::http::scenario_runner::ScenarioRun;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/scenarios/run`
    pub const ADMIN_SHOW_SCENARIO_RUN: Self = Self::named("adminShowScenarioRun");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_SHOW_SCENARIO_RUN,
        method: Method::GET,
        area: Area::Admin,
        template: "/scenarios/run",
        summary: "`GET /__admin/scenarios/run`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(handle(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said = "The run of scenarios that is under way, or else the last one.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<ShownRun>()))
        .query("from", "The number of the first result that is wanted, from 0; all if absent.")
}

/// What is known of runs.
#[derive(Serialize, JsonSchema)]
struct ShownRun {
    /// The run; none if there was none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<ScenarioRun>,
}

async fn handle(call: &mut Call) -> Outcome {
    let from = match call.query_value("from") {
        Some(text) => text.parse().map_err(|_| {
            Refusal::validation(format!("from is {text:?}, expected the number of a result, such as 0"))
        })?,
        None => 0,
    };
    reply_json(&ShownRun { run: runner(call)?.run(from) })
}

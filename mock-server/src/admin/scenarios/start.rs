//! `POST /scenarios/run`.

use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::beside::beside;
use super::runner;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::http::scenario_runner::StartRunError;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, RUNNING, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `POST /__admin/scenarios/run`
    pub const ADMIN_RUN_SCENARIOS: Self = Self::named("adminRunScenarios");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_RUN_SCENARIOS,
        method: Method::POST,
        area: Area::Admin,
        template: "/scenarios/run",
        summary: "`POST /__admin/scenarios/run`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN, RUNNING],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(handle(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said = "The run has begun; `GET /__admin/scenarios/run` tells how far it is.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<Begun>()))
        .body(Content::json(schemas.request::<Chosen>()))
}

/// Which scenarios run.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Chosen {
    /// Their paths, as `GET /__admin/scenarios` names them; all if absent or empty.
    scenarios: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BegunScenarioRun")]
struct Begun {
    /// Always true.
    started: bool,
}

async fn handle(call: &mut Call) -> Outcome {
    let Chosen { scenarios } = call.json()?;
    let runner = runner(call)?;
    beside("The scenarios could not be reached", move || runner.start(&scenarios)).await?.map_err(
        |error| match error {
            StartRunError::Busy => {
                Refusal::new(409, RefusalCode::Conflict, error.to_string(), "a run is under way")
            }
            StartRunError::Unknown(_) => Refusal::validation(error.to_string()),
        },
    )?;
    reply_json(&Begun { started: true })
}

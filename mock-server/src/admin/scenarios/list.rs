//! `GET /scenarios`.

use http::Method;

use super::super::beside::beside;
use super::runner;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::http::scenario_runner::ScenarioList;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/scenarios`
    pub const ADMIN_LIST_SCENARIOS: Self = Self::named("adminListScenarios");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_LIST_SCENARIOS,
        method: Method::GET,
        area: Area::Admin,
        template: "/scenarios",
        summary: "`GET /__admin/scenarios`",
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
    let said = "The scenarios that can be run, where this program runs any.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<ScenarioList>()))
}

async fn handle(call: &mut Call) -> Outcome {
    let runner = runner(call)?;
    reply_json(&beside("The scenarios could not be reached", move || runner.scenarios()).await?)
}

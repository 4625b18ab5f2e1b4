//! `DELETE /scenarios/run`.

use http::{Method, StatusCode};

use super::runner;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `DELETE /__admin/scenarios/run`
    pub const ADMIN_STOP_SCENARIOS: Self = Self::named("adminStopScenarios");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_STOP_SCENARIOS,
        method: Method::DELETE,
        area: Area::Admin,
        template: "/scenarios/run",
        summary: "`DELETE /__admin/scenarios/run`",
        deprecated: false,
        answer: AnswerKind::Nothing,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(handle(call)),
};

fn exchange(_: &mut Schemas) -> Exchange {
    Exchange::new(
        Auth::Admin,
        Answer::empty(204, "The run ends early; what has not ended by then is not run."),
    )
}

async fn handle(call: &mut Call) -> Outcome {
    runner(call)?.stop();
    Ok(Reply::new(StatusCode::NO_CONTENT, ReplyBody::Empty))
}

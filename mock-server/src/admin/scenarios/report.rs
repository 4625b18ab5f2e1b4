//! `GET /scenarios/report`.

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use http::{Method, StatusCode};

use super::super::beside::beside;
use super::runner;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, Reply};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/scenarios/report`
    pub const ADMIN_SCENARIO_REPORT: Self = Self::named("adminScenarioReport");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_SCENARIO_REPORT,
        method: Method::GET,
        area: Area::Admin,
        template: "/scenarios/report",
        summary: "`GET /__admin/scenarios/report`",
        deprecated: false,
        answer: AnswerKind::Nothing,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(handle(call)),
};

/// The page has its style in itself, and nothing else is let in.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn exchange(_: &mut Schemas) -> Exchange {
    let said = "The report of the last run of scenarios that ended.";
    Exchange::new(Auth::Admin, Answer::new(200, said, Content::opaque(&["text/html"])))
}

async fn handle(call: &mut Call) -> Outcome {
    let runner = runner(call)?;
    let html =
        beside("The scenarios could not be reached", move || runner.report()).await?.ok_or_else(|| {
            let message = "No run of scenarios has ended yet";
            Refusal::new(404, RefusalCode::NotFound, message, "POST /__admin/scenarios/run begins one")
        })?;
    Ok(Reply::html(StatusCode::OK, html)
        .header(CONTENT_SECURITY_POLICY, POLICY)
        .header(CACHE_CONTROL, "no-store"))
}

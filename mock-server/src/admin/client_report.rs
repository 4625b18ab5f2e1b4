//! `GET /__admin/client-report`.

use http::Method;

use super::access::SANDBOX;
use crate::client_report::ClientReport;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/client-report`
    pub const ADMIN_CLIENT_REPORT: Self = Self::named("adminClientReport");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_CLIENT_REPORT,
        method: Method::GET,
        area: Area::Admin,
        template: "/client-report",
        summary: "`GET /__admin/client-report`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(client_report(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(
        Auth::Admin,
        Answer::json("What the traffic of clients shows about them.", schemas.answer::<ClientReport>()),
    )
    .query(SANDBOX.0, SANDBOX.1)
}

/// How well the sandbox's clients keep the platform's contract.
async fn client_report(call: &mut Call) -> Outcome {
    reply_json(&call.sandbox.client_report().await)
}

//! `GET /__admin/faults`.

use http::Method;

use super::access::SANDBOX;
use super::faults::{FaultList, list};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::Outcome;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/faults`
    pub const ADMIN_FAULTS: Self = Self::named("adminFaults");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_FAULTS,
        method: Method::GET,
        area: Area::Admin,
        template: "/faults",
        summary: "`GET /__admin/faults`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(list_faults(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Admin, Answer::json("The injected faults.", schemas.answer::<FaultList>()))
        .query(SANDBOX.0, SANDBOX.1)
}

async fn list_faults(call: &mut Call) -> Outcome {
    list(call).await
}

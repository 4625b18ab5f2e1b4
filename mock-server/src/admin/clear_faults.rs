//! `DELETE /__admin/faults`.

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
    /// `DELETE /__admin/faults`
    pub const ADMIN_CLEAR_FAULTS: Self = Self::named("adminClearFaults");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_CLEAR_FAULTS,
        method: Method::DELETE,
        area: Area::Admin,
        template: "/faults",
        summary: "`DELETE /__admin/faults`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(clear_faults(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Admin, Answer::json("The injected faults.", schemas.answer::<FaultList>()))
        .query(SANDBOX.0, SANDBOX.1)
}

async fn clear_faults(call: &mut Call) -> Outcome {
    call.sandbox.clear_faults().await?;
    list(call).await
}

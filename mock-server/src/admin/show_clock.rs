//! `GET /__admin/clock`.

use http::Method;

use super::access::SANDBOX;
use super::clock::{ClockJson, show};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::Outcome;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/clock`
    pub const ADMIN_CLOCK: Self = Self::named("adminClock");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_CLOCK,
        method: Method::GET,
        area: Area::Admin,
        template: "/clock",
        summary: "`GET /__admin/clock`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(show_clock(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Admin, Answer::json("The sandbox's clock.", schemas.answer::<ClockJson>()))
        .query(SANDBOX.0, SANDBOX.1)
}

async fn show_clock(call: &mut Call) -> Outcome {
    show(call).await
}

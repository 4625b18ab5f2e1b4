//! `POST /__admin/clock`.

use std::time::Duration;

use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use super::access::SANDBOX;
use super::clock::{ClockJson, show};
use crate::durations;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::Outcome;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `POST /__admin/clock`
    pub const ADMIN_MOVE_CLOCK: Self = Self::named("adminMoveClock");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_MOVE_CLOCK,
        method: Method::POST,
        area: Area::Admin,
        template: "/clock",
        summary: "`POST /__admin/clock`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(move_clock(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Admin, Answer::json("The sandbox's clock.", schemas.answer::<ClockJson>()))
        .query(SANDBOX.0, SANDBOX.1)
        .body(Content::json(schemas.request::<Advance>()))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Advance {
    #[serde(with = "durations::as_text")]
    #[schemars(with = "String")]
    advance: Duration,
}

async fn move_clock(call: &mut Call) -> Outcome {
    let Advance { advance } = call.json()?;
    call.sandbox.move_clock(advance).await?;
    show(call).await
}

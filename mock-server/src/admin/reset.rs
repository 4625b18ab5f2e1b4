//! `POST /__admin/reset`.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::access::SANDBOX;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `POST /__admin/reset`
    pub const ADMIN_RESET: Self = Self::named("adminReset");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_RESET,
        method: Method::POST,
        area: Area::Admin,
        template: "/reset",
        summary: "`POST /__admin/reset`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(reset(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Admin, Answer::json("The sandbox is as new.", schemas.answer::<Reset<'static>>()))
        .query(SANDBOX.0, SANDBOX.1)
}

#[derive(Serialize, JsonSchema)]
struct Reset<'a> {
    sandbox: &'a str,
}

async fn reset(call: &mut Call) -> Outcome {
    call.sandbox.reset().await?;
    reply_json(&Reset { sandbox: call.sandbox.id() })
}

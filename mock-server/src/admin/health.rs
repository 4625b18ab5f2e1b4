//! `GET /__admin/health`.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::access::{SANDBOX, require_access};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/health`
    pub const ADMIN_HEALTH: Self = Self::named("adminHealth");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_HEALTH,
        method: Method::GET,
        area: Area::Admin,
        template: "/health",
        summary: "`GET /__admin/health`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(health(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Admin, Answer::json("The server answers.", schemas.answer::<Health>()))
        .query(SANDBOX.0, SANDBOX.1)
}

#[derive(Serialize, JsonSchema)]
struct Health {
    status: &'static str,
    version: &'static str,
}

async fn health(call: &mut Call) -> Outcome {
    require_access(call)?;
    reply_json(&Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

//! `GET /__admin/health`.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{TOO_LARGE, UNREADABLE};
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
        refusals: &[UNREADABLE, TOO_LARGE],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(health(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Open, Answer::json("The server answers.", schemas.answer::<Health>()))
}

#[derive(Serialize, JsonSchema)]
struct Health {
    status: &'static str,
}

/// Open to all, because probes of containers come from elsewhere and bring no token; so it tells nothing
/// but that the server is up.
async fn health(_call: &mut Call) -> Outcome {
    reply_json(&Health { status: "ok" })
}

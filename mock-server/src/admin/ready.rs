//! `GET /__admin/ready`.

use std::time::Duration;

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{STOPPING, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/ready`
    pub const ADMIN_READY: Self = Self::named("adminReady");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_READY,
        method: Method::GET,
        area: Area::Admin,
        template: "/ready",
        summary: "`GET /__admin/ready`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, STOPPING],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(ready(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Open, Answer::json("The server takes requests.", schemas.answer::<Ready>()))
}

#[derive(Serialize, JsonSchema)]
struct Ready {
    status: &'static str,
}

/// Open to all, as `adminHealth` is. A load balancer asks this one: a server that was asked to stop ends
/// what it began and should be given nothing new.
async fn ready(call: &mut Call) -> Outcome {
    if call.server.is_stopping() {
        let message = "The server was asked to stop";
        let detail = "it ends what it began; another server takes what is new";
        let refusal = Refusal::new(503, RefusalCode::ServiceUnavailable, message, detail);
        return Err(refusal.retry_after(Duration::from_secs(1)));
    }
    if let Err(unusable) = call.server.sandboxes.check().await {
        let message = format!("The state cannot be used: {unusable}");
        let detail = "another server, or a later moment, may do better";
        return Err(Refusal::new(503, RefusalCode::ServiceUnavailable, message, detail));
    }
    reply_json(&Ready { status: "ready" })
}

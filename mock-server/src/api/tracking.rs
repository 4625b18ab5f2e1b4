//! `POST tracking/sdk`: events that iOS reports about itself (protocol reference, http-api §9.2).

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{SIGNED, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `POST tracking/sdk`
    pub const TRACKING: Self = Self::named("tracking");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::TRACKING,
        method: Method::POST,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/tracking/sdk",
        summary: "`POST tracking/sdk`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(tracking(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<Tracked>();
    Exchange::new(Auth::Contract, Answer::json("Nothing is done with the events.", answer))
        .body(Content::any_object())
}

#[derive(Serialize, JsonSchema)]
struct Tracked {}

/// The journal keeps the events; nothing else is done with them.
async fn tracking(call: &mut Call) -> Outcome {
    call.verify().await?;
    let _: Map<String, Value> = call.json()?;
    reply_json(&Tracked {})
}

//! `POST permission-access/trigger` (protocol reference, http-api §4.1).

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::flow::{SessionJson, acceptable};
use crate::domain::pull_options::PullOptions;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, reply_json_as};
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{KIND, ONE_OFF, OPENING, SIGNED, TOO_LARGE, UNREADABLE, USER};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `POST permission-access/trigger`
    pub const READ_SESSION: Self = Self::named("readSession");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::READ_SESSION,
        method: Method::POST,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/permission-access/trigger",
        summary: "`POST permission-access/trigger`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, USER, KIND, ONE_OFF, OPENING],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(trigger(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = Answer::new(202, "A session that reads.", Content::json(schemas.answer::<Triggered>()));
    Exchange::new(Auth::User, answer).body(Content::json(schemas.request::<TriggerBody>()))
}

/// The options stand at the top level here.
#[derive(Default, Deserialize, JsonSchema)]
struct TriggerBody {
    #[serde(default)]
    agent: Option<Value>,
    #[serde(flatten)]
    options: PullOptions,
}

#[derive(Serialize, JsonSchema)]
struct Triggered {
    session: SessionJson,
}

async fn trigger(call: &mut Call) -> Outcome {
    let (verified, user) = call.verify_user().await?;
    let TriggerBody { agent, options } = call.json()?;
    acceptable(call, &verified.contract, agent.as_ref(), &options)?;
    let opened = call.sandbox.store.trigger(&verified.contract, &user, options, call.now()).await;
    let session = call.verdict.check(Check::ContractKind, opened)?;
    reply_json_as(StatusCode::ACCEPTED, &Triggered { session: session.into() })
}

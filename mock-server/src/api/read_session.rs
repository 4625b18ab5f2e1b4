//! `POST permission-access/trigger` (protocol reference, http-api §4.1).

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::flow::{SessionJson, acceptable};
use crate::domain::pull_options::{PullOptions, Scope};
use crate::generations::TriggerForm;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, reply_json_as};
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{
    CALLBACK, KIND, ONE_OFF, OPENING, SESSION, SIGNED, TOO_LARGE, UNREADABLE, USER,
};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::verify::request::Verified;

impl Operation {
    /// `POST permission-access/trigger`
    pub const READ_SESSION: Self = Self::named("readSession");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::READ_SESSION,
        method: Method::POST,
        area: Area::Api(Generations::Since(Generation::V1_4)),
        template: "/permission-access/trigger",
        summary: "`POST permission-access/trigger`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, CALLBACK, USER, KIND, ONE_OFF, OPENING, SESSION],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(trigger(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = Answer::new(202, "A session that reads.", Content::json(schemas.answer::<Triggered>()));
    Exchange::new(Auth::User, answer).body(Content::json(schemas.request::<TriggerBody>()))
}

/// The options stand at the top level here; React Native puts what belongs into the scope there too
/// (protocol reference, legacy/mobile §5).
#[derive(Default, Deserialize, JsonSchema)]
struct TriggerBody {
    #[serde(default)]
    agent: Option<Value>,
    #[serde(flatten)]
    options: PullOptions,
    #[serde(flatten)]
    #[schemars(skip)]
    spread: Scope,
}

#[derive(Default, Serialize, JsonSchema)]
struct Triggered {
    /// Absent in generations whose clients open a session before.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionJson>,
}

async fn trigger(call: &mut Call) -> Outcome {
    let (Verified { contract, claims }, user) = call.verify_user().await?;
    let now = call.now();
    if call.dialect().trigger == TriggerForm::NamedSession {
        let key = call.verdict.check(Check::SessionKeyClaim, claims.required("session_key"))?;
        let triggered = call.sandbox.store.trigger_named(&contract, &user, key, now).await;
        call.verdict.check(Check::Session, triggered)?;
        // Android takes an answer without a body for a failure (protocol reference, legacy rule 10).
        return reply_json_as(StatusCode::ACCEPTED, &Triggered::default());
    }
    let TriggerBody { agent, mut options, spread } = call.json()?;
    options.scope_or(spread);
    acceptable(call, &contract, agent.as_ref(), &options)?;
    let session = (options, call.dialect().access);
    let opened = call.sandbox.store.trigger(&contract, &user, session, now).await;
    let session = call.verdict.check(Check::ContractKind, opened)?;
    reply_json_as(StatusCode::ACCEPTED, &Triggered { session: Some(session.into()) })
}

//! `POST reference` (protocol reference, http-api §2.3).

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::refusal::Refusal;
use crate::domain::state::Referent;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, reply_json_as};
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{SIGNED, STORAGE, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `POST reference`
    pub const REFERENCE: Self = Self::named("reference");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::REFERENCE,
        method: Method::POST,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/reference",
        summary: "`POST reference`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, STORAGE],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(reference(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = Content::json(schemas.answer::<ReferenceJson>());
    Exchange::new(Auth::Contract, Answer::new(201, "Stands for the account or storage.", answer))
        .body(Content::json(schemas.request::<ReferenceBody>()))
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Reference")]
struct ReferenceJson {
    id: String,
}

#[derive(Default, Deserialize, JsonSchema)]
struct ReferenceBody {
    #[serde(default)]
    #[schemars(extend("enum" = ["accountId", "cloudId"]))]
    r#type: String,
    #[serde(default)]
    value: String,
}

async fn reference(call: &mut Call) -> Outcome {
    let verified = call.verify().await?;
    let body: ReferenceBody = call.json()?;
    let referent = call.verdict.check(Check::ReferenceType, referent(body))?;
    let made = call.sandbox.store.reference(&verified.contract, referent, call.now()).await;
    let id = call.verdict.check(Check::ReferenceValue, made)?;
    reply_json_as(StatusCode::CREATED, &ReferenceJson { id })
}

fn referent(body: ReferenceBody) -> Result<Referent, Refusal> {
    if body.value.is_empty() {
        return Err(Refusal::validation("value: it is missing or empty"));
    }
    match body.r#type.as_str() {
        "accountId" => Ok(Referent::Account(body.value)),
        "cloudId" => Ok(Referent::Storage(body.value)),
        other => Err(Refusal::validation(format!("type: it is \"{other}\", expected accountId or cloudId"))),
    }
}

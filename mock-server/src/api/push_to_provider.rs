//! `POST permission-access/import/h:accountId/{standard}/{version}`: data for the source behind an
//! account (protocol reference, http-api §5.2).

use http::Method;
use serde_json::{Map, Value};

use super::flow::{ACCOUNT_HEADER, Delivered};
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{ACCOUNT, KIND, SIGNED, TOO_LARGE, UNREADABLE, USER};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `POST permission-access/import/h:accountId/{standard}/{version}`
    pub const PUSH_TO_PROVIDER: Self = Self::named("pushToProvider");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::PUSH_TO_PROVIDER,
        method: Method::POST,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/permission-access/import/h:accountId/{standard}/{version}",
        summary: "`POST permission-access/import/h:accountId/{standard}/{version}`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, USER, KIND, ACCOUNT],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(import(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<Delivered>();
    Exchange::new(Auth::User, Answer::json("The data went to the account's provider.", answer))
        .body(Content::any_object())
        .request_header("accountId", ACCOUNT_HEADER)
}

/// The data goes to the source and does not come back: the journal is where a developer sees it.
async fn import(call: &mut Call) -> Outcome {
    let (verified, user) = call.verify_user().await?;
    let known = known_standard(call.param("standard"), call.param("version"));
    call.verdict.check(Check::StandardAndVersion, known)?;
    let account = call.required_header("accountId", Check::AccountIdHeader)?;
    let target = call.sandbox.store.push_target(&verified.contract, &user, &account).await;
    call.verdict.check(Check::Account, target)?;
    let body: Map<String, Value> = call.json()?;
    let filled = (!body.is_empty()).then_some(());
    let empty = || Refusal::validation("the body is empty; expected a JSON object");
    call.verdict.check(Check::Body, filled.ok_or_else(empty))?;
    reply_json(&Delivered::new())
}

fn known_standard(standard: &str, version: &str) -> Result<(), Refusal> {
    match (standard, version) {
        ("fhir", "stu3" | "3.0.2") => Ok(()),
        _ => Err(Refusal::validation(format!(
            "the path ends in {standard}/{version}, expected fhir/stu3 or fhir/3.0.2"
        ))),
    }
}

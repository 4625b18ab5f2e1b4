//! `GET permission-access/revoke/h:accountId` (protocol reference, http-api §5.5).

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::flow::ACCOUNT_HEADER;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{ACCOUNT, CALLBACK, SIGNED, TOO_LARGE, UNREADABLE, USER};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET permission-access/revoke/h:accountId`
    pub const REVOKE_ACCOUNT_PERMISSION: Self = Self::named("revokeAccountPermission");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::REVOKE_ACCOUNT_PERMISSION,
        method: Method::GET,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/permission-access/revoke/h:accountId",
        summary: "`GET permission-access/revoke/h:accountId`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, CALLBACK, USER, ACCOUNT],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(revoke(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<Revocation>();
    Exchange::new(Auth::User, Answer::json("The page on which the user withdraws.", answer))
        .request_header("accountId", ACCOUNT_HEADER)
        .request_header("redirectUri", "Where the page leads back to.")
}

#[derive(Serialize, JsonSchema)]
struct Revocation {
    location: String,
}

/// Account and callback travel in headers; the path holds the literal text `h:accountId`.
async fn revoke(call: &mut Call) -> Outcome {
    let (verified, user) = call.verify_user().await?;
    let account = call.required_header("accountId", Check::AccountIdHeader)?;
    let redirect_uri = call.required_header("redirectUri", Check::RedirectUriHeader)?;
    let contract = verified.contract;
    call.verdict.check(Check::RedirectUriRegistered, contract.require_registered(&redirect_uri))?;
    let opened = call.sandbox.store.revoke(&contract, &user, &account, redirect_uri, call.now()).await;
    let code = call.verdict.check(Check::Account, opened)?;
    reply_json(&Revocation { location: format!("{}/apps/saas/revoke?code={code}", call.reached()) })
}

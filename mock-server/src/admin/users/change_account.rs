//! `PATCH /__admin/users/{userId}/accounts/{accountId}`.

use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::access::SANDBOX;
use super::user::UserJson;
use crate::domain::refusal::Refusal;
use crate::domain::state::SourceChange;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ACCOUNT, ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `PATCH /__admin/users/{userId}/accounts/{accountId}`
    pub const ADMIN_CHANGE_ACCOUNT: Self = Self::named("adminChangeAccount");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_CHANGE_ACCOUNT,
        method: Method::PATCH,
        area: Area::Admin,
        template: "/users/{userId}/accounts/{accountId}",
        summary: "`PATCH /__admin/users/{userId}/accounts/{accountId}`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN, ACCOUNT],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(change(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said = "The user, whose account fails or works in the syncs that begin from now on.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<UserJson>()))
        .query(SANDBOX.0, SANDBOX.1)
        .body(Content::json(schemas.request::<AccountChange>()))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AccountChange {
    /// What the source does.
    source: Option<SourceName>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum SourceName {
    /// Syncs end with `ServiceAuthorizationError` (511) until the user logs in again.
    AsksForLogin,
    /// Syncs end with `ServerError` (502).
    Fails,
    /// Syncs bring what the dataset has.
    Works,
}

async fn change(call: &mut Call) -> Outcome {
    let AccountChange { source } = call.json()?;
    let change = match source {
        Some(SourceName::AsksForLogin) => SourceChange::AsksForLogin,
        Some(SourceName::Fails) => SourceChange::Fails,
        Some(SourceName::Works) => SourceChange::Works,
        None => return Err(Refusal::validation("source: one of asksForLogin, fails and works is required")),
    };
    let (user, account) = (call.param("userId").to_owned(), call.param("accountId"));
    call.sandbox.store.change_source(&user, account, change, call.now()).await?;
    reply_json(&UserJson::of(call.sandbox.store.user(&user).await?, call.now()))
}

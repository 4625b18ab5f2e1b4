//! `DELETE /__admin/users/{userId}/tokens/{token}`.

use http::Method;

use super::super::access::SANDBOX;
use super::fingerprint;
use super::user::UserJson;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `DELETE /__admin/users/{userId}/tokens/{token}`
    pub const ADMIN_REVOKE_TOKEN: Self = Self::named("adminRevokeToken");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_REVOKE_TOKEN,
        method: Method::DELETE,
        area: Area::Admin,
        template: "/users/{userId}/tokens/{token}",
        summary: "`DELETE /__admin/users/{userId}/tokens/{token}`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(revoke(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said = "The user, whose token nobody knows any more.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<UserJson>())).query(SANDBOX.0, SANDBOX.1)
}

async fn revoke(call: &mut Call) -> Outcome {
    let (user, token) = (call.param("userId").to_owned(), fingerprint(call, "token")?);
    call.sandbox.store.revoke_token(&user, token).await?;
    reply_json(&UserJson::of(call.sandbox.store.user(&user).await?, call.now()))
}

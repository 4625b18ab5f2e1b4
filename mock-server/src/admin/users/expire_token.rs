//! `POST /__admin/users/{userId}/tokens/{token}/expire`.

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
    /// `POST /__admin/users/{userId}/tokens/{token}/expire`
    pub const ADMIN_EXPIRE_TOKEN: Self = Self::named("adminExpireToken");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_EXPIRE_TOKEN,
        method: Method::POST,
        area: Area::Admin,
        template: "/users/{userId}/tokens/{token}/expire",
        summary: "`POST /__admin/users/{userId}/tokens/{token}/expire`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(expire(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said = "The user, whose token ran out just now on the sandbox's clock.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<UserJson>())).query(SANDBOX.0, SANDBOX.1)
}

async fn expire(call: &mut Call) -> Outcome {
    let (user, token) = (call.param("userId").to_owned(), fingerprint(call, "token")?);
    call.sandbox.store.expire_token(&user, token, call.now()).await?;
    reply_json(&UserJson::of(call.sandbox.store.user(&user).await?, call.now()))
}

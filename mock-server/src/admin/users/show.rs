//! `GET /__admin/users/{userId}`.

use http::Method;

use super::super::access::SANDBOX;
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
    /// `GET /__admin/users/{userId}`
    pub const ADMIN_SHOW_USER: Self = Self::named("adminShowUser");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_SHOW_USER,
        method: Method::GET,
        area: Area::Admin,
        template: "/users/{userId}",
        summary: "`GET /__admin/users/{userId}`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(show(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said = "All that there is of a user; tokens, codes and sessions by their fingerprints.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<UserJson>())).query(SANDBOX.0, SANDBOX.1)
}

async fn show(call: &mut Call) -> Outcome {
    let user = call.sandbox.store.user(&call.param("userId").to_owned()).await?;
    reply_json(&UserJson::of(user, call.now()))
}

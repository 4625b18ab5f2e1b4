//! `DELETE /__admin/users/{userId}`.

use http::Method;

use super::super::access::SANDBOX;
use super::super::removed::Removed;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `DELETE /__admin/users/{userId}`
    pub const ADMIN_REMOVE_USER: Self = Self::named("adminRemoveUser");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_REMOVE_USER,
        method: Method::DELETE,
        area: Area::Admin,
        template: "/users/{userId}",
        summary: "`DELETE /__admin/users/{userId}`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(remove(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said = "The user is gone, with everything that is theirs.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<Removed>())).query(SANDBOX.0, SANDBOX.1)
}

async fn remove(call: &mut Call) -> Outcome {
    let user = call.param("userId").to_owned();
    call.sandbox.store.remove_user(&user).await?;
    reply_json(&Removed { removed: user })
}

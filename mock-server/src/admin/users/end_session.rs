//! `DELETE /__admin/users/{userId}/sessions/{session}`.

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
    /// `DELETE /__admin/users/{userId}/sessions/{session}`
    pub const ADMIN_END_SESSION: Self = Self::named("adminEndSession");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_END_SESSION,
        method: Method::DELETE,
        area: Area::Admin,
        template: "/users/{userId}/sessions/{session}",
        summary: "`DELETE /__admin/users/{userId}/sessions/{session}`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(end(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said = "The user, whose session ended just now on the sandbox's clock.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<UserJson>())).query(SANDBOX.0, SANDBOX.1)
}

async fn end(call: &mut Call) -> Outcome {
    let (user, session) = (call.param("userId").to_owned(), fingerprint(call, "session")?);
    call.sandbox.store.end_session(&user, session, call.now()).await?;
    reply_json(&UserJson::of(call.sandbox.store.user(&user).await?, call.now()))
}

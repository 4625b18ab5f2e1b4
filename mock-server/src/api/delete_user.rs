//! `DELETE user` (protocol reference, http-api §5.3).

use http::{Method, StatusCode};

use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{CALLBACK, SIGNED, TOO_LARGE, UNREADABLE, USER};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `DELETE user`
    pub const DELETE_USER: Self = Self::named("deleteUser");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::DELETE_USER,
        method: Method::DELETE,
        area: Area::Api(Generations::Since(Generation::V1_6)),
        template: "/user",
        summary: "`DELETE user`",
        deprecated: false,
        answer: AnswerKind::Nothing,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, CALLBACK, USER],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(delete(call)),
};

fn exchange(_: &mut Schemas) -> Exchange {
    Exchange::new(Auth::User, Answer::empty(204, "The user is gone, with everything that is theirs."))
}

async fn delete(call: &mut Call) -> Outcome {
    let (_, user) = call.verify_user().await?;
    let deleted = call.sandbox.store.delete_user(&user).await;
    call.verdict.check(Check::User, deleted)?;
    Ok(Reply::new(StatusCode::NO_CONTENT, ReplyBody::Empty))
}

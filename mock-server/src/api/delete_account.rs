//! `DELETE permission-access/service/h:accountId` (protocol reference, http-api §5.4).

use http::{Method, StatusCode};

use super::flow::ACCOUNT_HEADER;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{ACCOUNT, SIGNED, TOO_LARGE, UNREADABLE, USER};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `DELETE permission-access/service/h:accountId`
    pub const DELETE_ACCOUNT: Self = Self::named("deleteAccount");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::DELETE_ACCOUNT,
        method: Method::DELETE,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/permission-access/service/h:accountId",
        summary: "`DELETE permission-access/service/h:accountId`",
        deprecated: false,
        answer: AnswerKind::Nothing,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, USER, ACCOUNT],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(delete(call)),
};

fn exchange(_: &mut Schemas) -> Exchange {
    Exchange::new(Auth::User, Answer::empty(204, "The account is gone, with its files."))
        .request_header("accountId", ACCOUNT_HEADER)
}

/// Which account travels in a header; the path holds the literal text `h:accountId`.
async fn delete(call: &mut Call) -> Outcome {
    let (_, user) = call.verify_user().await?;
    let account = call.required_header("accountId", Check::AccountIdHeader)?;
    let deleted = call.sandbox.store.delete_account(&user, &account).await;
    call.verdict.check(Check::Account, deleted)?;
    Ok(Reply::new(StatusCode::NO_CONTENT, ReplyBody::Empty))
}

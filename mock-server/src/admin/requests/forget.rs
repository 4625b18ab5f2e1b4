//! `DELETE /__admin/requests`.

use http::Method;

use super::super::access::SANDBOX;
use super::{Form, Requests, reply};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::Outcome;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::journal_page::Page;

impl Operation {
    /// `DELETE /__admin/requests`
    pub const ADMIN_FORGET_REQUESTS: Self = Self::named("adminForgetRequests");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_FORGET_REQUESTS,
        method: Method::DELETE,
        area: Area::Admin,
        template: "/requests",
        summary: "`DELETE /__admin/requests`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(forget_requests(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(
        Auth::Admin,
        Answer::json("The requests that the journal keeps.", schemas.answer::<Requests>()),
    )
    .query(SANDBOX.0, SANDBOX.1)
}

async fn forget_requests(call: &mut Call) -> Outcome {
    call.sandbox.forget_requests().await?;
    reply(Page { entries: call.sandbox.requests().await, next: None }, Form::Full).await
}

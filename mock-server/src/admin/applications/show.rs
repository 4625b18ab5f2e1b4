//! `GET /__admin/applications/{applicationId}`.

use http::Method;

use super::ApplicationJson;
use crate::admin::access::SANDBOX;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/applications/{applicationId}`
    pub const ADMIN_SHOW_APPLICATION: Self = Self::named("adminShowApplication");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_SHOW_APPLICATION,
        method: Method::GET,
        area: Area::Admin,
        template: "/applications/{applicationId}",
        summary: "`GET /__admin/applications/{applicationId}`",
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
    Exchange::new(
        Auth::Admin,
        Answer::json("The application, with its contracts.", schemas.answer::<ApplicationJson>()),
    )
    .query(SANDBOX.0, SANDBOX.1)
}

async fn show(call: &mut Call) -> Outcome {
    let application = call.sandbox.applications.application(call.param("applicationId"))?;
    reply_json(&ApplicationJson::of(&call.sandbox, &application))
}

//! `GET /__admin/credentials`.

use http::Method;

use super::access::{SANDBOX, require_access};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::credentials::Credentials;

impl Operation {
    /// `GET /__admin/credentials`
    pub const ADMIN_CREDENTIALS: Self = Self::named("adminCredentials");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_CREDENTIALS,
        method: Method::GET,
        area: Area::Admin,
        template: "/credentials",
        summary: "`GET /__admin/credentials`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(credentials(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(
        Auth::Admin,
        Answer::json("What a client needs to use the sandbox.", schemas.answer::<Credentials>()),
    )
    .query(SANDBOX.0, SANDBOX.1)
}

async fn credentials(call: &mut Call) -> Outcome {
    require_access(call)?;
    reply_json(&Credentials::of(&call.sandbox, &call.reached()))
}

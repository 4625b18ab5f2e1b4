//! `GET /__admin/openapi.json`.

use http::Method;
use schemars::JsonSchema;

use super::access::SANDBOX;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, Reply};
use crate::openapi;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/openapi.json`
    pub const ADMIN_OPENAPI: Self = Self::named("adminOpenapi");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_OPENAPI,
        method: Method::GET,
        area: Area::Admin,
        template: "/openapi.json",
        summary: "`GET /__admin/openapi.json`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(document(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Admin, Answer::json("This document.", schemas.answer::<Document>()))
        .query(SANDBOX.0, SANDBOX.1)
}

#[derive(JsonSchema)]
struct Document {}

async fn document(call: &mut Call) -> Outcome {
    Ok(Reply::json(&openapi::document(&call.reached(), call.server.described())))
}

//! `GET /__admin/applications/{applicationId}/contracts/{contractId}`.

use http::Method;

use super::ContractJson;
use crate::admin::access::SANDBOX;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::applications::unknown;

impl Operation {
    /// `GET /__admin/applications/{applicationId}/contracts/{contractId}`
    pub const ADMIN_SHOW_CONTRACT: Self = Self::named("adminShowContract");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_SHOW_CONTRACT,
        method: Method::GET,
        area: Area::Admin,
        template: "/applications/{applicationId}/contracts/{contractId}",
        summary: "`GET /__admin/applications/{applicationId}/contracts/{contractId}`",
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
    Exchange::new(Auth::Admin, Answer::json("The contract.", schemas.answer::<ContractJson>()))
        .query(SANDBOX.0, SANDBOX.1)
}

async fn show(call: &mut Call) -> Outcome {
    let (application, contract) = (call.param("applicationId"), call.param("contractId"));
    let application = call.sandbox.applications.application(application)?;
    let found = application.contracts.iter().find(|it| it.id == contract);
    reply_json(&ContractJson::of(&call.sandbox, found.ok_or_else(|| unknown("contract", contract))?))
}

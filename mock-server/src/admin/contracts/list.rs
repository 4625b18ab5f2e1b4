//! `GET /__admin/applications/{applicationId}/contracts`.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

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

impl Operation {
    /// `GET /__admin/applications/{applicationId}/contracts`
    pub const ADMIN_LIST_CONTRACTS: Self = Self::named("adminListContracts");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_LIST_CONTRACTS,
        method: Method::GET,
        area: Area::Admin,
        template: "/applications/{applicationId}/contracts",
        summary: "`GET /__admin/applications/{applicationId}/contracts`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(list(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(
        Auth::Admin,
        Answer::json("The contracts of the application.", schemas.answer::<ContractList>()),
    )
    .query(SANDBOX.0, SANDBOX.1)
}

/// The contracts of an application, in the order in which they were made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Contracts")]
struct ContractList {
    contracts: Vec<ContractJson>,
}

async fn list(call: &mut Call) -> Outcome {
    let application = call.sandbox.applications.application(call.param("applicationId"))?;
    let contracts = application.contracts.iter().map(|it| ContractJson::of(&call.sandbox, it)).collect();
    reply_json(&ContractList { contracts })
}

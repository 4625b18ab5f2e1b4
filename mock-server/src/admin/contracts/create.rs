//! `POST /__admin/applications/{applicationId}/contracts`.

use http::Method;

use super::{ContractBody, ContractJson};
use crate::admin::access::SANDBOX;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, CONTRACTS, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::applications::application_mut;

impl Operation {
    /// `POST /__admin/applications/{applicationId}/contracts`
    pub const ADMIN_CREATE_CONTRACT: Self = Self::named("adminCreateContract");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_CREATE_CONTRACT,
        method: Method::POST,
        area: Area::Admin,
        template: "/applications/{applicationId}/contracts",
        summary: "`POST /__admin/applications/{applicationId}/contracts`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN, CONTRACTS],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(create(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(
        Auth::Admin,
        Answer::json(
            "The contract. A private key that was made for it is shown this once.",
            schemas.answer::<ContractJson>(),
        ),
    )
    .query(SANDBOX.0, SANDBOX.1)
    .body(Content::json(schemas.request::<ContractBody>()))
}

async fn create(call: &mut Call) -> Outcome {
    let body: ContractBody = call.json()?;
    let (contract, private_key) = body.made(&call.sandbox.applications, "").await?;
    let added = call.sandbox.change_applications(|all| {
        application_mut(all, call.param("applicationId"))?.contracts.push(contract.clone());
        Ok(())
    });
    added.await?;
    reply_json(&ContractJson { private_key, ..ContractJson::of(&call.sandbox, &contract) })
}

//! `PATCH /__admin/applications/{applicationId}/contracts/{contractId}`.

use http::Method;

use super::{ContractChange, ContractJson};
use crate::admin::access::SANDBOX;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::applications::contract_mut;

impl Operation {
    /// `PATCH /__admin/applications/{applicationId}/contracts/{contractId}`
    pub const ADMIN_CHANGE_CONTRACT: Self = Self::named("adminChangeContract");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_CHANGE_CONTRACT,
        method: Method::PATCH,
        area: Area::Admin,
        template: "/applications/{applicationId}/contracts/{contractId}",
        summary: "`PATCH /__admin/applications/{applicationId}/contracts/{contractId}`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(change(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Admin, Answer::json("The contract as it is now.", schemas.answer::<ContractJson>()))
        .query(SANDBOX.0, SANDBOX.1)
        .body(Content::json(schemas.request::<ContractChange>()))
}

async fn change(call: &mut Call) -> Outcome {
    let body: ContractChange = call.json()?;
    let (application, contract) = (call.param("applicationId"), call.param("contractId"));
    let rules = body.rules(contract)?;
    let changed = call.sandbox.change_applications(|all| {
        let contract = contract_mut(all, application, contract)?;
        if let Some(name) = &body.name {
            contract.name = Some(name.clone());
        }
        if let Some(kind) = body.kind {
            contract.kind = kind;
        }
        if let Some(rules) = &rules {
            contract.redirect_rules.clone_from(rules);
        }
        if let Some(groups) = &body.service_groups {
            contract.service_groups.clone_from(groups);
        }
        if let Some(scope) = &body.scope {
            contract.scope.clone_from(scope);
        }
        Ok(contract.clone())
    });
    reply_json(&ContractJson::of(&call.sandbox, &changed.await?))
}

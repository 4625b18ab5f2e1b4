//! `DELETE /__admin/applications/{applicationId}/contracts/{contractId}`.

use http::Method;

use crate::admin::access::SANDBOX;
use crate::admin::removed::Removed;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::applications::{application_mut, unknown};

impl Operation {
    /// `DELETE /__admin/applications/{applicationId}/contracts/{contractId}`
    pub const ADMIN_REMOVE_CONTRACT: Self = Self::named("adminRemoveContract");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_REMOVE_CONTRACT,
        method: Method::DELETE,
        area: Area::Admin,
        template: "/applications/{applicationId}/contracts/{contractId}",
        summary: "`DELETE /__admin/applications/{applicationId}/contracts/{contractId}`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(remove(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(
        Auth::Admin,
        Answer::json(
            "The contract is gone: its clients are refused from now on.",
            schemas.answer::<Removed>(),
        ),
    )
    .query(SANDBOX.0, SANDBOX.1)
}

async fn remove(call: &mut Call) -> Outcome {
    let (application, contract) = (call.param("applicationId"), call.param("contractId"));
    let removed = call.sandbox.change_applications(|all| {
        let application = application_mut(all, application)?;
        let index = application.contracts.iter().position(|it| it.id == contract);
        application.contracts.remove(index.ok_or_else(|| unknown("contract", contract))?);
        Ok(())
    });
    removed.await?;
    reply_json(&Removed { removed: contract.to_owned() })
}

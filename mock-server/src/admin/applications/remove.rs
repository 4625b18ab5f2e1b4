//! `DELETE /__admin/applications/{applicationId}`.

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
use crate::sandbox::applications::unknown;

impl Operation {
    /// `DELETE /__admin/applications/{applicationId}`
    pub const ADMIN_REMOVE_APPLICATION: Self = Self::named("adminRemoveApplication");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_REMOVE_APPLICATION,
        method: Method::DELETE,
        area: Area::Admin,
        template: "/applications/{applicationId}",
        summary: "`DELETE /__admin/applications/{applicationId}`",
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
        Answer::json("The application is gone, with its contracts.", schemas.answer::<Removed>()),
    )
    .query(SANDBOX.0, SANDBOX.1)
}

async fn remove(call: &mut Call) -> Outcome {
    let id = call.param("applicationId");
    let removed = call.sandbox.change_applications(|all| {
        let index = all.iter().position(|it| it.id == id);
        all.remove(index.ok_or_else(|| unknown("application", id))?);
        Ok(())
    });
    removed.await?;
    reply_json(&Removed { removed: id.to_owned() })
}

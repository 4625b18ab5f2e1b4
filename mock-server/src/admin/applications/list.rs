//! `GET /__admin/applications`.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

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
    /// `GET /__admin/applications`
    pub const ADMIN_LIST_APPLICATIONS: Self = Self::named("adminListApplications");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_LIST_APPLICATIONS,
        method: Method::GET,
        area: Area::Admin,
        template: "/applications",
        summary: "`GET /__admin/applications`",
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
        Answer::json(
            "The applications of the sandbox, with their contracts.",
            schemas.answer::<ApplicationList>(),
        ),
    )
    .query(SANDBOX.0, SANDBOX.1)
}

/// All applications, in the order in which they were made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Applications")]
struct ApplicationList {
    applications: Vec<ApplicationJson>,
}

async fn list(call: &mut Call) -> Outcome {
    let applications = call.sandbox.applications.list();
    let sandbox = &call.sandbox;
    let applications = applications.iter().map(|it| ApplicationJson::of(sandbox, it)).collect();
    reply_json(&ApplicationList { applications })
}

//! `GET /__admin/operations`.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use crate::faults::hostile::Hostile;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/operations`
    pub const ADMIN_OPERATIONS: Self = Self::named("adminOperations");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_OPERATIONS,
        method: Method::GET,
        area: Area::Admin,
        template: "/operations",
        summary: "`GET /__admin/operations`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(operations(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said = "What clients can ask for, and how it can go wrong on purpose.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<OperationList>()))
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Operations")]
struct OperationList {
    /// In the order of the OpenAPI document.
    operations: Vec<OperationJson>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "DescribedOperation")]
struct OperationJson {
    /// Its name in the journal and in fault rules.
    operation: Operation,
    method: String,
    /// Its path, in the newest generation that has it.
    path: String,
    summary: &'static str,
    /// Whether faults can choose its requests by the name of a file.
    has_file: bool,
    /// The hostile answers that it can give.
    hostile: Vec<Hostile>,
}

async fn operations(call: &mut Call) -> Outcome {
    let operations = call.server.routes().filter(|route| !route.is_admin()).map(|route| OperationJson {
        operation: route.operation,
        method: route.method.to_string(),
        path: newest_path(route),
        summary: route.summary,
        has_file: route.is_for_file(),
        hostile: Hostile::ALL.iter().copied().filter(|hostile| hostile.applies_to(route)).collect(),
    });
    reply_json(&OperationList { operations: operations.collect() })
}

fn newest_path(route: &Route) -> String {
    let versioned = route.paths().into_iter().rfind(|path| *path != route.template);
    versioned.unwrap_or_else(|| route.template.to_owned()).replace("{*", "{")
}

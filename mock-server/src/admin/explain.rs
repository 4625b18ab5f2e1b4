//! `GET /__admin/explain/{reference}`.

use std::sync::Arc;

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, SandboxBy};
use crate::http::reply::{Outcome, reply_json};
use crate::journal::Entry;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/explain/{reference}`
    pub const ADMIN_EXPLAIN: Self = Self::named("adminExplain");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_EXPLAIN,
        method: Method::GET,
        area: Area::Admin,
        template: "/explain/{reference}",
        summary: "`GET /__admin/explain/{reference}`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: &[SandboxBy::Admin, SandboxBy::Path("reference")],
    exchange,
    handler: |call| Box::pin(explain(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(
        Auth::Admin,
        Answer::json("The refused request, and why as text.", schemas.answer::<Explanation>()),
    )
}

/// A refused request, and for people why.
#[derive(Serialize, JsonSchema)]
struct Explanation {
    #[serde(flatten)]
    entry: Entry,
    text: String,
}

async fn explain(call: &mut Call) -> Outcome {
    let reference = call.param("reference");
    let entry = call.sandbox.request(reference).await.ok_or_else(|| {
        Refusal::new(
            404,
            RefusalCode::NotFound,
            format!("No refused request has the reference {reference}"),
            "the journal keeps the last requests only (--journal-size), and a reset empties it",
        )
    })?;
    reply_json(&Explanation { text: entry.to_string(), entry: Arc::unwrap_or_clone(entry) })
}

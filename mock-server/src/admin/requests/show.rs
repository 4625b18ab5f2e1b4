//! `GET /__admin/requests/{sequence}`.

use std::sync::Arc;

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::super::access::SANDBOX;
use super::claims;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::journal::Entry;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/requests/{sequence}`
    pub const ADMIN_SHOW_REQUEST: Self = Self::named("adminShowRequest");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_SHOW_REQUEST,
        method: Method::GET,
        area: Area::Admin,
        template: "/requests/{sequence}",
        summary: "`GET /__admin/requests/{sequence}`",
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
    let said =
        "A request: what it claimed and what that means, the checks that it passed or failed, the answer.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<Explained>()))
        .query(SANDBOX.0, SANDBOX.1)
        .query(
            "server",
            "Which of several servers that share the state answered it; the last one of any if absent.",
        )
}

/// A request with what its claims mean.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ExplainedRequest")]
struct Explained {
    #[serde(flatten)]
    entry: Entry,
    /// The claims of its JWT, in the order of their names.
    explained_claims: Vec<Claim>,
    /// The whole of it as text.
    text: String,
}

/// A claim of a JWT.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ExplainedClaim")]
struct Claim {
    name: String,
    /// Secrets redacted.
    value: Value,
    /// What it is for; absent if the platform does not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    meaning: Option<&'static str>,
}

async fn show(call: &mut Call) -> Outcome {
    let sequence = call.param("sequence");
    let wrong = || Refusal::validation("sequence: expected the number of a request");
    let sequence: u64 = sequence.parse().map_err(|_| wrong())?;
    let server = call.query_value("server").filter(|server| !server.is_empty());
    let entry = call.sandbox.request_with(sequence, server.as_deref()).await.ok_or_else(|| {
        let message = format!("The journal has no request {sequence}");
        let detail = "it keeps the last requests only (--journal-size), and a reset empties it";
        Refusal::new(404, RefusalCode::NotFound, message, detail)
    })?;
    let entry = Arc::unwrap_or_clone(entry);
    let claims = entry.verdict.claims.iter().flatten().map(|(name, value)| Claim {
        name: name.clone(),
        value: value.clone(),
        meaning: claims::meaning(name),
    });
    reply_json(&Explained { explained_claims: claims.collect(), text: entry.to_string(), entry })
}

//! `POST /__admin/sandboxes`.

use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::sandbox_settings::{LifetimesTable, TimelineTable};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, SANDBOXES, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::credentials::Credentials;

impl Operation {
    /// `POST /__admin/sandboxes`
    pub const ADMIN_CREATE_SANDBOX: Self = Self::named("adminCreateSandbox");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_CREATE_SANDBOX,
        method: Method::POST,
        area: Area::Admin,
        template: "/sandboxes",
        summary: "`POST /__admin/sandboxes`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN, SANDBOXES],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(create(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(
        Auth::Admin,
        Answer::json("What a client needs to use the sandbox.", schemas.answer::<Credentials>()),
    )
    .body(Content::json(schemas.request::<SandboxBody>()))
}

/// What a fresh sandbox does differently from the server's settings.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct SandboxBody {
    lifetimes: LifetimesTable,
    timeline: TimelineTable,
}

async fn create(call: &mut Call) -> Outcome {
    let body: SandboxBody = call.json()?;
    let mut settings = call.server.settings.clone();
    body.lifetimes.apply(&mut settings.lifetimes);
    body.timeline.apply(&mut settings.timeline);
    let sandbox = call.server.sandboxes.create(&settings).ok_or_else(|| {
        let message = "The server holds as many sandboxes as it can";
        Refusal::new(
            429,
            RefusalCode::TooManyRequests,
            message,
            "DELETE /__admin/sandboxes?sandbox=ID removes one",
        )
    })?;
    if let Err(error) = sandbox.note().await {
        call.server.sandboxes.remove(sandbox.id());
        return Err(error.into());
    }
    reply_json(&Credentials::of(&sandbox, &call.reached()))
}

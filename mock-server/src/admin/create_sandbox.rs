//! `POST /__admin/sandboxes`.

use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::sandbox_settings::{LifetimesTable, TimelineTable};
use crate::domain::quota::UsedUp;
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
    let sandboxes = &call.server.sandboxes;
    let owner = call.caller.partner();
    if let Some(partner) = owner {
        let further = sandboxes.of_partner(&partner.record.id).len().saturating_sub(1);
        if further >= partner.record.quotas.sandboxes as usize {
            return Err(UsedUp::Sandboxes.into());
        }
    }
    let sandbox = sandboxes.create(&settings, owner.map(|partner| partner.record.id.clone()));
    let sandbox = sandbox.ok_or_else(too_many)?;
    let noted = async {
        if let Some(home) = owner.and_then(|_| call.caller.home(sandboxes)) {
            // A partner has one set of keys, for all of its sandboxes.
            let copies = home.applications.retagged(&sandbox.applications);
            sandbox
                .change_applications(|all| {
                    all.extend(copies.iter().cloned());
                    Ok(())
                })
                .await?;
        }
        Ok::<_, Refusal>(sandbox.note().await?)
    };
    if let Err(refusal) = noted.await {
        sandboxes.remove(sandbox.id());
        return Err(refusal);
    }
    reply_json(&Credentials::of(&sandbox, &call.reached()))
}

/// The server holds as many sandboxes as it can.
pub(super) fn too_many() -> Refusal {
    let message = "The server holds as many sandboxes as it can";
    let detail = "DELETE /__admin/sandboxes?sandbox=ID removes one";
    Refusal::new(429, RefusalCode::TooManyRequests, message, detail)
}

//! `DELETE /__admin/sandboxes`.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::access::SANDBOX;
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `DELETE /__admin/sandboxes`
    pub const ADMIN_REMOVE_SANDBOX: Self = Self::named("adminRemoveSandbox");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_REMOVE_SANDBOX,
        method: Method::DELETE,
        area: Area::Admin,
        template: "/sandboxes",
        summary: "`DELETE /__admin/sandboxes`",
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
    Exchange::new(Auth::Admin, Answer::json("The sandbox is gone.", schemas.answer::<Removed<'static>>()))
        .query(SANDBOX.0, SANDBOX.1)
}

#[derive(Serialize, JsonSchema)]
struct Removed<'a> {
    removed: &'a str,
}

async fn remove(call: &mut Call) -> Outcome {
    let id = call.sandbox.id();
    if call.caller.partner().is_some_and(|partner| partner.record.sandbox == id) {
        let problem = "name a sandbox that you made by ?sandbox=ID; the one that you always have stays";
        return Err(Refusal::validation(problem));
    }
    if call.caller.partner().is_none() && owns_home(call, id) {
        let problem = "a partner always has this sandbox; DELETE /__admin/partners/{partnerId} removes both";
        return Err(Refusal::validation(problem));
    }
    if call.server.sandboxes.remove(id) {
        call.server.sandboxes.forget(id).await?;
        return reply_json(&Removed { removed: id });
    }
    Err(Refusal::validation("name a fresh sandbox by ?sandbox=ID; the default one always exists"))
}

/// Whether it is the sandbox that its partner always has.
fn owns_home(call: &Call, id: &str) -> bool {
    let partners = &call.server.sandboxes.registry.partners;
    let owner = call.sandbox.owner().and_then(|owner| partners.get(owner));
    owner.is_some_and(|partner| partner.record.sandbox == id)
}

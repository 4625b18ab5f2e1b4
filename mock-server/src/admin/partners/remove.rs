//! `DELETE /__admin/partners/{partnerId}`.

use http::Method;

use super::named;
use crate::admin::removed::Removed;
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
    /// `DELETE /__admin/partners/{partnerId}`
    pub const ADMIN_REMOVE_PARTNER: Self = Self::named("adminRemovePartner");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_REMOVE_PARTNER,
        method: Method::DELETE,
        area: Area::Admin,
        template: "/partners/{partnerId}",
        summary: "`DELETE /__admin/partners/{partnerId}`",
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
    let said = "The partner is gone, with its sandboxes and all that they kept.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<Removed>()))
}

async fn remove(call: &mut Call) -> Outcome {
    let partner = named(call)?;
    let (id, sandboxes) = (&partner.record.id, &call.server.sandboxes);
    // Its token ends first, so that it makes nothing while its sandboxes go.
    let removed = sandboxes.registry.change(|record| {
        record.partners.retain(|known| known.id != *id);
        Ok::<_, Refusal>(())
    });
    removed.await?;
    for sandbox in sandboxes.of_partner(id) {
        sandboxes.remove(sandbox.id());
        sandboxes.forget(sandbox.id()).await?;
    }
    reply_json(&Removed { removed: id.to_string() })
}

//! `PATCH /__admin/partners/{partnerId}`.

use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{PartnerJson, QuotasChange, named, record_mut};
use crate::admin::contracts::given_name;
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `PATCH /__admin/partners/{partnerId}`
    pub const ADMIN_CHANGE_PARTNER: Self = Self::named("adminChangePartner");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_CHANGE_PARTNER,
        method: Method::PATCH,
        area: Area::Admin,
        template: "/partners/{partnerId}",
        summary: "`PATCH /__admin/partners/{partnerId}`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(change(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = Answer::json("The partner as it is now.", schemas.answer::<PartnerJson>());
    Exchange::new(Auth::Admin, answer).body(Content::json(schemas.request::<PartnerChange>()))
}

/// What is to be different; what is absent stays.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct PartnerChange {
    name: Option<String>,
    quotas: QuotasChange,
}

async fn change(call: &mut Call) -> Outcome {
    let body: PartnerChange = call.json()?;
    let name = given_name(body.name, "")?;
    let (id, new) = (named(call)?.record.id.clone(), body.quotas);
    let registry = &call.server.sandboxes.registry;
    let changed = registry.change(|record| {
        let partner = record_mut(record, &id)?;
        if let Some(name) = &name {
            partner.name.clone_from(name);
        }
        partner.quotas = new.applied_to(partner.quotas);
        Ok::<_, Refusal>(partner.clone())
    });
    reply_json(&PartnerJson::of_record(&changed.await?))
}

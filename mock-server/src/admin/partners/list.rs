//! `GET /__admin/partners`.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::PartnerJson;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/partners`
    pub const ADMIN_LIST_PARTNERS: Self = Self::named("adminListPartners");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_LIST_PARTNERS,
        method: Method::GET,
        area: Area::Admin,
        template: "/partners",
        summary: "`GET /__admin/partners`",
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
    let answer = Answer::json("The partners; a partner sees itself.", schemas.answer::<PartnerList>());
    Exchange::new(Auth::Admin, answer)
}

/// Partners, by their ids.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Partners")]
struct PartnerList {
    partners: Vec<PartnerJson>,
}

async fn list(call: &mut Call) -> Outcome {
    let partners = match call.caller.partner() {
        Some(partner) => vec![partner.clone()],
        None => call.server.sandboxes.registry.partners.list(),
    };
    reply_json(&PartnerList { partners: partners.iter().map(|partner| PartnerJson::of(partner)).collect() })
}

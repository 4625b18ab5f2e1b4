//! `GET /__admin/partners/{partnerId}`.

use http::Method;

use super::{PartnerJson, named};
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/partners/{partnerId}`
    pub const ADMIN_SHOW_PARTNER: Self = Self::named("adminShowPartner");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_SHOW_PARTNER,
        method: Method::GET,
        area: Area::Admin,
        template: "/partners/{partnerId}",
        summary: "`GET /__admin/partners/{partnerId}`",
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
    let answer = Answer::json("The partner, with what it uses.", schemas.answer::<PartnerJson>());
    Exchange::new(Auth::Admin, answer)
}

async fn show(call: &mut Call) -> Outcome {
    let partner = named(call)?;
    let usage = call.server.sandboxes.weigh(&partner).await?;
    reply_json(&PartnerJson { usage: Some(usage), ..PartnerJson::of(&partner) })
}

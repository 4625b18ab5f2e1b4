//! `POST /__admin/partners/{partnerId}/token`.

use http::Method;

use super::{PartnerJson, named, record_mut};
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::partners::PartnerToken;

impl Operation {
    /// `POST /__admin/partners/{partnerId}/token`
    pub const ADMIN_RENEW_PARTNER_TOKEN: Self = Self::named("adminRenewPartnerToken");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_RENEW_PARTNER_TOKEN,
        method: Method::POST,
        area: Area::Admin,
        template: "/partners/{partnerId}/token",
        summary: "`POST /__admin/partners/{partnerId}/token`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(renew(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said =
        "The partner with its new token, which is shown this once; the former one is refused from now on.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<PartnerJson>()))
}

async fn renew(call: &mut Call) -> Outcome {
    let partner = named(call)?;
    let token = PartnerToken::fresh();
    let fingerprint = token.fingerprint();
    let renewed = call.server.sandboxes.registry.change(|record| {
        record_mut(record, &partner.record.id)?.token = fingerprint;
        Ok::<_, Refusal>(())
    });
    renewed.await?;
    reply_json(&PartnerJson { token: Some(token.into_text()), ..PartnerJson::of(&partner) })
}

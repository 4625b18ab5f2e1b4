//! `GET jwks/oauth`: the keys that tokens are verified with (protocol reference, crypto §3).

use http::{Method, StatusCode};

use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::Generations;
use crate::operations::refusals::{TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::payload::signing::KeySet;

impl Operation {
    /// `GET jwks/oauth`
    pub const JWKS: Self = Self::named("jwks");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::JWKS,
        method: Method::GET,
        area: Area::ApiAndOrigin(Generations::ALL),
        template: "/jwks/oauth",
        summary: "`GET jwks/oauth`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(jwks(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<KeySet>();
    Exchange::new(Auth::Open, Answer::json("The keys that the server signs with.", answer))
}

async fn jwks(call: &mut Call) -> Outcome {
    Ok(Reply::new(StatusCode::OK, ReplyBody::Json(call.server.signing(call.received).set.clone())))
}

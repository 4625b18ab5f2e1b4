//! `POST oauth/token/reference`: onboard a source, log in at one again, renew a user (protocol
//! reference, http-api §2.2).

use http::Method;
use serde::Serialize;

use super::flow::{FlowBody, FlowBodyJson, SessionJson, TokenAndSession, sign};
use crate::domain::state::ReferenceRequest;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::journal::check::Check;
use crate::jwt::pkce;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{CALLBACK, ONE_OFF, OPENING, SIGNED, TOO_LARGE, UNREADABLE, USER};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::verify::request::Verified;

impl Operation {
    /// `POST oauth/token/reference`
    pub const TOKEN_REFERENCE: Self = Self::named("tokenReference");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::TOKEN_REFERENCE,
        method: Method::POST,
        area: Area::Api(Generations::Since(Generation::V1_6)),
        template: "/oauth/token/reference",
        summary: "`POST oauth/token/reference`",
        deprecated: false,
        answer: AnswerKind::CodeToken,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, CALLBACK, USER, ONE_OFF, OPENING],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(refer(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<TokenAndSession>();
    let answer = Answer::json("A reference code for a page, as a signed token, and a session.", answer);
    Exchange::new(Auth::User, answer).body(Content::json(schemas.request::<FlowBodyJson>()))
}

/// The payload of the token. iOS requires all three members (protocol reference, http-api §2.2).
#[derive(Serialize)]
struct ReferenceToken {
    reference_code: String,
    token_type: &'static str,
    /// Seconds since 1970.
    expires_on: i64,
}

/// A PKCE challenge tells the renewal of a user from the other two; its access token may have
/// expired. Android 4.1.0 names no callback here (protocol reference, http-api §2.2), and is meant to return to
/// that of the authorization.
async fn refer(call: &mut Call) -> Outcome {
    let Verified { contract, claims } = call.verify().await?;
    let named = call.verdict.check(Check::RedirectUriClaim, claims.text("redirect_uri"))?;
    if let Some(uri) = named {
        call.verdict.check(Check::RedirectUriRegistered, contract.require_registered(uri))?;
    }
    let state = call.verdict.check(Check::StateClaim, claims.text("state"))?.map(str::to_owned);
    let renews = call.verdict.check(Check::CodeChallengeClaim, claims.text("code_challenge"))?.is_some();
    let code_challenge = match renews {
        true => Some(call.verdict.check(Check::PkceChallenge, pkce::challenge(&claims))?.to_owned()),
        false => None,
    };
    let token = call.verdict.check(Check::AccessTokenClaim, claims.required("access_token"))?;
    let now = call.now();
    let opened = match renews {
        true => call.sandbox.store.renewable(&contract, token).await,
        false => call.sandbox.store.access(&contract, token, now).await,
    };
    let library = call.verdict.check(Check::AccessToken, opened)?;
    let redirect_uri = match named {
        Some(uri) => uri.to_owned(),
        None => {
            let known = call.sandbox.store.callback(&contract, &library).await;
            call.verdict.check(Check::RedirectUriClaim, known)?
        }
    };
    let FlowBody { options, .. } = FlowBody::read(call, &contract)?;
    let access = call.dialect().access;
    let request = ReferenceRequest { redirect_uri, state, code_challenge, library, options, access };
    let opened = call.sandbox.store.refer(&contract, request, now).await;
    let opened = call.verdict.check(Check::ContractKind, opened)?;
    let expires_on = opened.expires.seconds();
    let payload = ReferenceToken { reference_code: opened.code, token_type: "Bearer", expires_on };
    let token = sign(call, &payload)?;
    reply_json(&TokenAndSession { token, session: opened.session.map(SessionJson::from) })
}

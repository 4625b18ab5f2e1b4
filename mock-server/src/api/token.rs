//! `POST oauth/token` with either grant (protocol reference, http-api §3.1).

use http::Method;
use serde::Serialize;

use super::flow::{TokenJson, sign};
use crate::domain::refusal::Refusal;
use crate::domain::state::CodeExchange;
use crate::domain::token::{Proof, TokenPair};
use crate::generations::TokenForm;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::journal::check::Check;
use crate::jwt::pkce;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{CALLBACK, GRANT, ONE_OFF, SIGNED, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::verify::request::Verified;

impl Operation {
    /// `POST oauth/token` with either grant
    pub const TOKEN: Self = Self::named("token");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::TOKEN,
        method: Method::POST,
        area: Area::Api(Generations::Since(Generation::V1_4)),
        template: "/oauth/token",
        summary: "`POST oauth/token` with either grant",
        deprecated: false,
        answer: AnswerKind::Token,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, CALLBACK, ONE_OFF, GRANT],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(token(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<TokenJson>();
    Exchange::new(Auth::Contract, Answer::json("A user access token, as a signed token.", answer))
}

/// The payload of the token: every member that any client requires.
#[derive(Serialize)]
struct UserAccessToken<'a> {
    access_token: Expiring<'a>,
    refresh_token: Expiring<'a>,
    identifier: Identifier<'a>,
    sub: &'a str,
    consentid: &'a str,
    token_type: &'static str,
}

/// The payload that older generations know: the end is the access token's (protocol reference,
/// legacy/endpoints §6).
#[derive(Serialize)]
struct FlatToken<'a> {
    access_token: &'a str,
    refresh_token: &'a str,
    /// Seconds since 1970.
    expires_on: i64,
    token_type: &'static str,
}

impl<'a> From<&'a TokenPair> for FlatToken<'a> {
    fn from(pair: &'a TokenPair) -> Self {
        Self {
            access_token: &pair.access,
            refresh_token: &pair.refresh,
            expires_on: pair.access_expires.seconds(),
            token_type: "Bearer",
        }
    }
}

#[derive(Serialize)]
struct Expiring<'a> {
    value: &'a str,
    /// Seconds since 1970.
    expires_on: i64,
}

#[derive(Serialize)]
struct Identifier<'a> {
    id: &'a str,
}

impl<'a> From<&'a TokenPair> for UserAccessToken<'a> {
    fn from(pair: &'a TokenPair) -> Self {
        Self {
            access_token: Expiring { value: &pair.access, expires_on: pair.access_expires.seconds() },
            refresh_token: Expiring { value: &pair.refresh, expires_on: pair.refresh_expires.seconds() },
            identifier: Identifier { id: &pair.library },
            sub: &pair.library,
            consentid: &pair.consent,
            token_type: "Bearer",
        }
    }
}

/// Everything is in the JWT; bodies, which some clients send, are ignored.
async fn token(call: &mut Call) -> Outcome {
    let Verified { contract, claims } = call.verify().await?;
    let grant_type = call.verdict.check(Check::GrantTypeClaim, claims.required("grant_type"))?;
    let now = call.now();
    let pair = match grant_type {
        "authorization_code" => {
            let code = call.verdict.check(Check::CodeClaim, claims.required("code"))?;
            let left_out = call.dialect().proof == Proof::Optional && !claims.0.contains_key("code_verifier");
            let code_verifier = match left_out {
                true => None,
                false => Some(call.verdict.check(Check::PkceVerifier, pkce::verifier(&claims))?),
            };
            let redirect_uri = call.verdict.check(Check::RedirectUriClaim, claims.text("redirect_uri"))?;
            let exchange = CodeExchange { code, code_verifier, redirect_uri };
            let exchanged = call.sandbox.store.exchange(&contract, exchange, now).await;
            call.verdict.check(Check::AuthorizationCode, exchanged)?
        }
        "refresh_token" => {
            let token = call.verdict.check(Check::RefreshTokenClaim, claims.required("refresh_token"))?;
            let refreshed = call.sandbox.store.refresh(&contract, token, now).await;
            call.verdict.check(Check::RefreshToken, refreshed)?
        }
        other => {
            let known = Err(Refusal::invalid_request(
                "The claim grant_type must be authorization_code or refresh_token",
                format!("found \"{other}\""),
            ));
            call.verdict.check(Check::GrantType, known)?
        }
    };
    call.user = Some(pair.library.clone());
    let token = match call.dialect().token {
        TokenForm::Flat => sign(call, &FlatToken::from(&pair))?,
        TokenForm::Nested => sign(call, &UserAccessToken::from(&pair))?,
    };
    call.issued = Some(pair);
    reply_json(&TokenJson { token })
}

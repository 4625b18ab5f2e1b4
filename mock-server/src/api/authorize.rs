//! `POST oauth/authorize` (protocol reference, http-api §2.1).

use http::Method;
use serde::Serialize;

use super::flow::{FlowBody, FlowBodyJson, SessionJson, TokenAndSession, sign};
use crate::domain::agent;
use crate::domain::refusal::Refusal;
use crate::domain::state::AuthorizeRequest;
use crate::generations::{AuthorizeAnswer, PostboxOffer};
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::journal::check::Check;
use crate::jwt::claims::Claims;
use crate::jwt::pkce;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{CALLBACK, LINKED, OPENING, SIGNED, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::verify::request::Verified;

impl Operation {
    /// `POST oauth/authorize`
    pub const AUTHORIZE: Self = Self::named("authorize");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::AUTHORIZE,
        method: Method::POST,
        area: Area::Api(Generations::Since(Generation::V1_4)),
        template: "/oauth/authorize",
        summary: "`POST oauth/authorize`",
        deprecated: false,
        answer: AnswerKind::CodeToken,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, CALLBACK, LINKED, OPENING],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(authorize(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<TokenAndSession>();
    let answer = Answer::json("A preauthorization code, as a signed token, and a session.", answer);
    Exchange::new(Auth::Contract, answer).body(Content::json(schemas.request::<FlowBodyJson>()))
}

/// The payload of the token.
#[derive(Serialize)]
struct Preauthorization {
    preauthorization_code: String,
}

async fn authorize(call: &mut Call) -> Outcome {
    let Verified { contract, claims } = call.verify().await?;
    call.verdict.check(Check::ResponseTypeAndMode, response_form(&claims))?;
    let redirect_uri = call.verdict.check(Check::RedirectUriClaim, claims.required("redirect_uri"))?;
    call.verdict.check(Check::RedirectUriRegistered, contract.require_registered(redirect_uri))?;
    let code_challenge = call.verdict.check(Check::PkceChallenge, pkce::challenge(&claims))?.to_owned();
    let state = call.verdict.check(Check::StateClaim, claims.text("state"))?.map(str::to_owned);
    let library = match call.verdict.check(Check::AccessTokenClaim, claims.text("access_token"))? {
        Some(token) => {
            let linked = call.sandbox.store.linked_library(token).await;
            Some(call.verdict.check(Check::LinkedAccessToken, linked)?)
        }
        None => {
            // The consent would make a user for whom there is no room: the developer learns it here.
            call.sandbox.store.require_user_room().await?;
            None
        }
    };
    let FlowBody { agent, options } = FlowBody::read(call, &contract)?;
    let dialect = call.dialect();
    let request = AuthorizeRequest {
        redirect_uri: redirect_uri.to_owned(),
        state,
        code_challenge,
        proof: dialect.proof,
        library,
        options,
        session: match dialect.authorize {
            AuthorizeAnswer::Token => None,
            AuthorizeAnswer::TokenAndSession => Some(dialect.access),
        },
        offers_postbox: match dialect.postbox {
            PostboxOffer::ByLink => false,
            PostboxOffer::Always => true,
            PostboxOffer::WhereExpected => agent.as_ref().is_some_and(agent::expects_postbox),
        },
    };
    let opened = call.sandbox.store.authorize(&contract, request, call.now()).await?;
    let token = sign(call, &Preauthorization { preauthorization_code: opened.code })?;
    reply_json(&TokenAndSession { token, session: opened.session.map(SessionJson::from) })
}

/// The platform knows one form of answer; a client that asks for another would wait in vain.
fn response_form(claims: &Claims) -> Result<(), Refusal> {
    for (name, expected) in [("response_type", "code"), ("response_mode", "query")] {
        if let Some(found) = claims.text(name)?.filter(|found| *found != expected) {
            let message = format!("The claim {name} must be \"{expected}\"");
            return Err(Refusal::invalid_request(message, format!("found \"{found}\"")));
        }
    }
    Ok(())
}

//! `POST oauth/authorize` (protocol reference, http-api §2.1).

use serde_json::json;

use super::{FlowBody, require_registered, session_json, sign};
use crate::journal::check::Check;
use crate::domain::refusal::Refusal;
use crate::domain::state::AuthorizeRequest;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;
use crate::jwt::claims::Claims;
use crate::jwt::pkce;
use crate::verify::request::Verified;

pub(crate) fn authorize(call: &mut Call) -> Outcome {
    let Verified { contract, claims } = call.verify()?;
    call.verdict.check(Check::ResponseTypeAndMode, response_form(&claims))?;
    let redirect_uri = call.verdict.check(Check::RedirectUriClaim, claims.required("redirect_uri"))?;
    call.verdict.check(Check::RedirectUriRegistered, require_registered(&contract, redirect_uri))?;
    let code_challenge = call.verdict.check(Check::PkceChallenge, pkce::challenge(&claims))?.to_owned();
    let state = call.verdict.check(Check::StateClaim, claims.text("state"))?.map(str::to_owned);
    let library = match call.verdict.check(Check::AccessTokenClaim, claims.text("access_token"))? {
        Some(token) => {
            let linked = call.sandbox.state().linked_library(token, call.now()).cloned();
            Some(call.verdict.check(Check::LinkedAccessToken, linked)?)
        }
        None => None,
    };
    let options = FlowBody::read(call, &contract)?;
    let redirect_uri = redirect_uri.to_owned();
    let request = AuthorizeRequest { redirect_uri, state, code_challenge, library, options };
    let opened = call.sandbox.state().authorize(&contract, request, call.now());
    let token = sign(call, &json!({ "preauthorization_code": opened.code }))?;
    Ok(Reply::json(json!({ "token": token, "session": session_json(&opened.session) })))
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

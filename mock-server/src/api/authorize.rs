//! `POST oauth/authorize` (protocol reference, http-api §2.1).

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{session_json, sign};
use crate::call::Call;
use crate::dispatch::Outcome;
use crate::domain::pull_options::PullOptions;
use crate::domain::refusal::Refusal;
use crate::domain::state::AuthorizeRequest;
use crate::reply::Reply;
use crate::verify::claims::Claims;
use crate::verify::{Verified, pkce};

#[derive(Default, Deserialize, JsonSchema)]
pub(crate) struct Body {
    actions: Option<Actions>,
}

#[derive(Default, Deserialize, JsonSchema)]
struct Actions {
    pull: Option<PullOptions>,
}

pub(crate) fn authorize(call: &mut Call) -> Outcome {
    let Verified { contract, claims } = call.verify()?;
    call.verdict.check("response type and mode", response_form(&claims))?;
    let redirect_uri = call.verdict.check("redirect_uri claim", claims.required("redirect_uri"))?;
    let registered = contract.allows_redirect(redirect_uri).then_some(()).ok_or_else(|| {
        let rules: Vec<_> = contract.redirect_rules.iter().map(ToString::to_string).collect();
        let detail = format!("registered for {}: {}", contract.contract_id, rules.join(", "));
        Refusal::invalid_redirect_uri(redirect_uri, detail)
    });
    call.verdict.check("redirect_uri registered", registered)?;
    let code_challenge = call.verdict.check("PKCE challenge", pkce::challenge(&claims))?.to_owned();
    let state = call.verdict.check("state claim", claims.text("state"))?.map(str::to_owned);
    let library = match call.verdict.check("access token claim", claims.text("access_token"))? {
        Some(token) => {
            let linked = call.sandbox.state().linked_library(token, call.now()).cloned();
            Some(call.verdict.check("linked access token", linked)?)
        }
        None => None,
    };
    let body: Body = call.json()?;
    let options = body.actions.unwrap_or_default().pull.unwrap_or_default();
    call.verdict.check("session options", options.validate())?;
    let redirect_uri = redirect_uri.to_owned();
    let request = AuthorizeRequest { redirect_uri, state, code_challenge, library, options };
    let (code, session) = call.sandbox.state().authorize(&contract, request, call.now());
    let token = sign(call, &json!({ "preauthorization_code": code }))?;
    Ok(Reply::json(json!({ "token": token, "session": session_json(&session) })))
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

//! `POST oauth/token/reference`: onboard a source, log in at one again, renew a user (protocol
//! reference, http-api §2.2).

use serde_json::json;

use super::{FlowBody, require_registered, session_json, sign};
use crate::journal::check::Check;
use crate::domain::state::ReferenceRequest;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;
use crate::jwt::pkce;
use crate::verify::request::Verified;

/// A PKCE challenge tells the renewal of a user from the other two; its access token may have
/// expired.
pub(crate) fn refer(call: &mut Call) -> Outcome {
    let Verified { contract, claims } = call.verify()?;
    let redirect_uri = call.verdict.check(Check::RedirectUriClaim, claims.required("redirect_uri"))?;
    call.verdict.check(Check::RedirectUriRegistered, require_registered(&contract, redirect_uri))?;
    let state = call.verdict.check(Check::StateClaim, claims.text("state"))?.map(str::to_owned);
    let renews = call.verdict.check(Check::CodeChallengeClaim, claims.text("code_challenge"))?.is_some();
    let code_challenge = match renews {
        true => Some(call.verdict.check(Check::PkceChallenge, pkce::challenge(&claims))?.to_owned()),
        false => None,
    };
    let token = call.verdict.check(Check::AccessTokenClaim, claims.required("access_token"))?;
    let now = call.now();
    let opened = match renews {
        true => call.sandbox.state().renewable(&contract, token).cloned(),
        false => call.sandbox.state().access(&contract, token, now).cloned(),
    };
    let library = call.verdict.check(Check::AccessToken, opened)?;
    let options = FlowBody::read(call, &contract)?;
    let redirect_uri = redirect_uri.to_owned();
    let request = ReferenceRequest { redirect_uri, state, code_challenge, library, options };
    let opened = call.sandbox.state().refer(&contract, request, now);
    let opened = call.verdict.check(Check::ContractKind, opened)?;
    // iOS requires all three members (protocol reference, http-api §2.2).
    let payload = json!({
        "reference_code": opened.code,
        "token_type": "Bearer",
        "expires_on": opened.expires.seconds(),
    });
    let token = sign(call, &payload)?;
    Ok(Reply::json(json!({ "token": token, "session": session_json(&opened.session) })))
}

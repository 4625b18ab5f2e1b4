//! `POST oauth/token` with either grant (protocol reference, http-api §3.1).

use serde_json::json;

use super::sign;
use crate::journal::check::Check;
use crate::domain::refusal::Refusal;
use crate::domain::state::Exchange;
use crate::domain::token::TokenPair;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;
use crate::jwt::pkce;
use crate::verify::request::Verified;

/// Everything is in the JWT; bodies, which some clients send, are ignored.
pub(crate) fn token(call: &mut Call) -> Outcome {
    let Verified { contract, claims } = call.verify()?;
    let grant_type = call.verdict.check(Check::GrantTypeClaim, claims.required("grant_type"))?;
    let now = call.now();
    let pair = match grant_type {
        "authorization_code" => {
            let code = call.verdict.check(Check::CodeClaim, claims.required("code"))?;
            let code_verifier = call.verdict.check(Check::PkceVerifier, pkce::verifier(&claims))?;
            let redirect_uri = call.verdict.check(Check::RedirectUriClaim, claims.text("redirect_uri"))?;
            let exchange = Exchange { code, code_verifier, redirect_uri };
            let exchanged = call.sandbox.state().exchange(&contract, exchange, now);
            call.verdict.check(Check::AuthorizationCode, exchanged)?
        }
        "refresh_token" => {
            let token = call.verdict.check(Check::RefreshTokenClaim, claims.required("refresh_token"))?;
            let refreshed = call.sandbox.state().refresh(&contract, token, now);
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
    let token = sign(call, &payload(&pair))?;
    Ok(Reply::json(json!({ "token": token })))
}

/// Every member that any client requires; `expires_on` in seconds.
fn payload(pair: &TokenPair) -> serde_json::Value {
    json!({
        "access_token": { "value": pair.access, "expires_on": pair.access_expires.seconds() },
        "refresh_token": { "value": pair.refresh, "expires_on": pair.refresh_expires.seconds() },
        "identifier": { "id": pair.library },
        "sub": pair.library,
        "consentid": pair.consent,
        "token_type": "Bearer",
    })
}

//! `GET permission-access/revoke/h:accountId` (protocol reference, http-api §5.5).

use serde_json::json;

use super::require_registered;
use crate::journal::check::Check;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;

/// Account and callback travel in headers; the path holds the literal text `h:accountId`.
pub(crate) fn revoke(call: &mut Call) -> Outcome {
    let (verified, user) = call.verify_user()?;
    let account = call.required_header("accountId", Check::AccountIdHeader)?;
    let redirect_uri = call.required_header("redirectUri", Check::RedirectUriHeader)?;
    let contract = verified.contract;
    call.verdict.check(Check::RedirectUriRegistered, require_registered(&contract, &redirect_uri))?;
    let opened = call.sandbox.state().revoke(&contract, &user, &account, redirect_uri, call.now());
    let code = call.verdict.check(Check::Account, opened)?;
    let location = format!("{}/apps/saas/revoke?code={code}", call.origin());
    Ok(Reply::json(json!({ "location": location })))
}

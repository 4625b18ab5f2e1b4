//! Verification of the JWT of an API request.
//!
//! authorization header → JWT form → algorithm → `client_id` → signature → nonce form → nonce
//! reuse → timestamp; what an endpoint checks after these is its own (protocol reference,
//! errors §7). The contract must be known before its key can check the signature, so `client_id`
//! is looked up first; nothing else of an unsigned claim is used.

use std::sync::Arc;

use http::HeaderMap;

use crate::clock::Moment;
use crate::domain::contract::Contract;
use crate::domain::refusal::Refusal;
use crate::journal::check::Check;
use crate::journal::verdict::Verdict;
use crate::jwt::claims::Claims;
use crate::jwt::unverified::UnverifiedJwt;
use crate::jwt::{bearer, nonce, timestamp};
use crate::sandbox::Sandbox;

/// A request whose JWT was verified.
#[derive(Debug)]
pub(crate) struct Verified {
    /// The contract that signed it.
    pub contract: Arc<Contract>,
    /// Its claims.
    pub claims: Claims,
}

/// Whether a verified request uses its nonce up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NonceUse {
    /// As it should be.
    Takes,
    /// The answer will be lost by an injected fault, so the client may send the request again
    /// unchanged, as old official clients do.
    Spared,
}

/// Notes what a request claims without verifying it, for requests that a fault answers.
pub(crate) fn note_claims(headers: &HeaderMap, verdict: &mut Verdict) {
    let jwt = bearer::token(headers).ok().and_then(|token| UnverifiedJwt::parse(token).ok());
    verdict.claims = jwt.map(|jwt| jwt.claims.redacted());
}

/// Verifies the JWT of an API request.
///
/// # Errors
/// The refusal of the first check that fails.
pub(crate) async fn request(
    headers: &HeaderMap,
    sandbox: &Sandbox,
    nonce_use: NonceUse,
    verdict: &mut Verdict,
) -> Result<Verified, Refusal> {
    let token = verdict.check(Check::AuthorizationHeader, bearer::token(headers))?;
    let jwt = verdict.check(Check::JwtForm, UnverifiedJwt::parse(token))?;
    verdict.claims = Some(jwt.claims.redacted());
    verdict.check(Check::Algorithm, jwt.require_ps512())?;
    let client_id = verdict.check(Check::ClientId, jwt.claims.required("client_id"))?.to_owned();
    let known = sandbox.contract(&client_id).ok_or_else(|| Refusal::invalid_client(&client_id));
    let contract = verdict.check(Check::Contract, known)?;
    verdict.check(Check::Signature, jwt.require_signature(contract.keys.verification()))?;
    let nonce = verdict.check(Check::NonceForm, nonce::form(&jwt.claims))?.to_owned();
    if nonce_use == NonceUse::Takes {
        let taken = sandbox.store.take_nonce(&client_id, &nonce, Moment::real()).await;
        verdict.check(Check::NonceReuse, taken)?;
    }
    verdict.check(Check::Timestamp, timestamp::fresh(&jwt.claims, Moment::real()))?;
    Ok(Verified { contract, claims: jwt.claims })
}

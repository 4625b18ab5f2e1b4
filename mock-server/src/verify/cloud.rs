//! Verification of a storage request's JWT (protocol reference, http-api §8.3 and crypto §1.6).
//!
//! It has no nonce; its lifetime of a minute, judged by real time, is what bounds a replay.

use std::sync::Arc;

use crate::domain::contract::Contract;
use crate::domain::refusal::Refusal;
use crate::journal::check::Check;
use crate::journal::verdict::Verdict;
use crate::jwt::claims::Claims;
use crate::jwt::lifetime::lifetime;
use crate::jwt::presented::Presented;
use crate::jwt::unverified::UnverifiedJwt;
use crate::sandbox::Sandbox;

/// Verifies the JWT of a storage request.
///
/// # Errors
/// `InvalidJWT` of the first check that fails.
pub(crate) fn request(
    presented: &Presented,
    sandbox: &Sandbox,
    verdict: &mut Verdict,
) -> Result<Arc<Contract>, Refusal> {
    let jwt = presented.require(verdict)?;
    verdict.check(Check::Algorithm, jwt.require_ps512())?;
    verdict.check(Check::TokenType, token_type(&jwt))?;
    let contract = verdict.check(Check::Contract, contract(&jwt.claims, sandbox))?;
    verdict.check(Check::KeyId, key_id(&jwt, &contract))?;
    let signed = contract.signing(sandbox.now(), |key| jwt.require_signature(key));
    let contract = verdict.check(Check::Signature, signed)?;
    verdict.check(Check::Audience, audience(&jwt.claims))?;
    verdict.check(Check::Lifetime, lifetime(&jwt.claims, [sandbox.real_now(), sandbox.now()]))?;
    Ok(contract)
}

fn refuse<T>(message: &str, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::invalid_jwt(message, detail))
}

fn token_type(jwt: &UnverifiedJwt) -> Result<(), Refusal> {
    match jwt.header_text("typ") {
        Some(typ) if typ.eq_ignore_ascii_case("at+jwt") => Ok(()),
        found => refuse("The JWT's header typ must be \"at+jwt\"", shown(found)),
    }
}

/// The contract `iss` of the application `sub`.
fn contract(claims: &Claims, sandbox: &Sandbox) -> Result<Arc<Contract>, Refusal> {
    let Some(client_id) = claims.cloud_client_id() else {
        return refuse("The JWT must name the application as sub and the contract as iss", "one is missing");
    };
    sandbox.contract(&client_id).map_or_else(
        || refuse("The JWT's sub and iss name no contract", format!("there is no contract {client_id}")),
        Ok,
    )
}

fn key_id(jwt: &UnverifiedJwt, contract: &Contract) -> Result<(), Refusal> {
    let named = jwt.claims.text("iss").ok().flatten().unwrap_or(&contract.contract_id);
    let expected = contract.cloud_kid(named);
    match jwt.header_text("kid") {
        Some(kid) if kid == expected => Ok(()),
        found => refuse(
            "The JWT's header kid must be \"<contractId>_<applicationId>_0\"",
            format!("{}, expected \"{expected}\"", shown(found)),
        ),
    }
}

fn audience(claims: &Claims) -> Result<(), Refusal> {
    match claims.text("aud") {
        Ok(Some("cloud")) => Ok(()),
        Ok(found) => refuse("The JWT's aud must be \"cloud\"", shown(found)),
        Err(no_text) => refuse("The JWT's aud must be \"cloud\"", no_text.message),
    }
}

fn shown(found: Option<&str>) -> String {
    found.map_or_else(|| "it is missing".to_owned(), |text| format!("found \"{text}\""))
}

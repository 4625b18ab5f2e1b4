//! Verification of a storage request's JWT (protocol reference, http-api §8.3 and crypto §1.6).
//!
//! It has no nonce; its lifetime of a minute, judged by real time, is what bounds a replay.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;

use super::bearer;
use super::claims::Claims;
use super::jwt::UnverifiedJwt;
use crate::clock::Moment;
use crate::domain::contract::Contract;
use crate::domain::refusal::Refusal;
use crate::sandbox::Sandbox;
use crate::verdict::Verdict;

/// How far a client's clock may be off.
const LEEWAY: Duration = Duration::from_secs(60);

/// Verifies the JWT of a storage request.
///
/// # Errors
/// `InvalidJWT` of the first check that fails.
pub(crate) fn request(
    headers: &HeaderMap,
    sandbox: &Sandbox,
    verdict: &mut Verdict,
) -> Result<Arc<Contract>, Refusal> {
    let token = verdict.check("authorization header", bearer::token(headers))?;
    let jwt = verdict.check("JWT form", UnverifiedJwt::parse(token))?;
    verdict.claims = Some(jwt.claims.redacted());
    verdict.check("algorithm", jwt.require_ps512())?;
    verdict.check("token type", token_type(&jwt))?;
    let contract = verdict.check("contract", contract(&jwt.claims, sandbox))?;
    verdict.check("key id", key_id(&jwt, &contract))?;
    verdict.check("signature", jwt.require_signature(contract.keys.verification()))?;
    verdict.check("audience", audience(&jwt.claims))?;
    verdict.check("lifetime", lifetime(&jwt.claims, Moment::real()))?;
    Ok(contract)
}

fn refuse<T>(message: &str, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::invalid_jwt(message, detail))
}

fn token_type(jwt: &UnverifiedJwt<'_>) -> Result<(), Refusal> {
    match jwt.header_text("typ") {
        Some(typ) if typ.eq_ignore_ascii_case("at+jwt") => Ok(()),
        found => refuse("The JWT's header typ must be \"at+jwt\"", format!("found {found:?}")),
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

fn key_id(jwt: &UnverifiedJwt<'_>, contract: &Contract) -> Result<(), Refusal> {
    let expected = contract.cloud_kid();
    match jwt.header_text("kid") {
        Some(kid) if kid == expected => Ok(()),
        found => refuse(
            "The JWT's header kid must be \"<contractId>_<applicationId>_0\"",
            format!("found {found:?}, expected \"{expected}\""),
        ),
    }
}

fn audience(claims: &Claims) -> Result<(), Refusal> {
    match claims.text("aud") {
        Ok(Some("cloud")) => Ok(()),
        found => refuse("The JWT's aud must be \"cloud\"", format!("found {found:?}")),
    }
}

/// The JWT must be valid now, by real time.
///
/// # Errors
/// `InvalidJWT` saying by how much it is not.
pub(crate) fn lifetime(claims: &Claims, real_now: Moment) -> Result<(), Refusal> {
    let (Some(issued), Some(expires)) = (claims.number("iat"), claims.number("exp")) else {
        return refuse("The JWT must say iat and exp", "both are required, in seconds since 1970 (UTC)");
    };
    let (now, leeway) = (real_now.millis() as f64 / 1000.0, LEEWAY.as_secs_f64());
    if expires <= issued {
        return refuse("The JWT's exp must be after its iat", format!("iat {issued}, exp {expires}"));
    }
    if issued > now + leeway {
        let early = issued - now;
        return refuse("The JWT's iat is in the future", format!("{early:.0} s ahead; seconds are expected"));
    }
    if expires + leeway < now {
        return refuse("The JWT has expired", format!("{:.0} s ago by real time", now - expires));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NOW: f64 = 1_767_225_600.0;

    fn judge(claims: Value) -> Result<(), Refusal> {
        let Value::Object(claims) = claims else { panic!("claims are an object") };
        lifetime(&Claims(claims), Moment::from_millis((NOW * 1000.0) as i64))
    }

    #[test]
    fn a_lifetime_around_now_is_accepted_with_some_leeway() {
        for (issued, expires) in [(0.0, 60.0), (0.0, 59.0), (-100.0, -40.0), (50.0, 110.0), (-3600.0, 1.0)] {
            assert!(judge(json!({"iat": NOW + issued, "exp": NOW + expires})).is_ok(), "{issued} {expires}");
        }
    }

    #[test]
    fn any_other_is_refused() {
        for (issued, expires) in
            [(-121.0, -61.0), (61.0, 121.0), (0.0, 0.0), (10.0, -10.0), (NOW * 999.0, 1e13)]
        {
            let refusal = judge(json!({"iat": NOW + issued, "exp": NOW + expires})).unwrap_err();
            assert_eq!((refusal.status, refusal.code.as_str()), (401, "InvalidJWT"));
        }
        for claims in [json!({"iat": NOW}), json!({"exp": NOW}), json!({"iat": "x", "exp": NOW})] {
            assert!(judge(claims).is_err());
        }
    }
}

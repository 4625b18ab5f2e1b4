//! The form of PKCE claims (RFC 7636; protocol reference, crypto §2).

use super::claims::Claims;
use crate::domain::refusal::Refusal;

/// The challenge of an authorization; the platform knows the method S256 only.
///
/// # Errors
/// `InvalidRequest` if the method is another, or the challenge is not a SHA-256 in base64url.
pub(crate) fn challenge(claims: &Claims) -> Result<&str, Refusal> {
    let method = claims.required("code_challenge_method")?;
    if method != "S256" {
        return Err(Refusal::invalid_request(
            "The code_challenge_method must be S256",
            format!("found \"{method}\""),
        ));
    }
    let challenge = claims.required("code_challenge")?;
    if challenge.len() != 43 || !challenge.bytes().all(is_base64url) {
        return Err(Refusal::invalid_request(
            "The code_challenge must be BASE64URL(SHA256(code_verifier)): 43 characters",
            format!("found {} characters, or others than base64url", challenge.len()),
        ));
    }
    Ok(challenge)
}

/// The verifier of an exchange: 43 to 128 characters of the unreserved set.
///
/// # Errors
/// `InvalidRequest` if it is missing or of another form.
pub(crate) fn verifier(claims: &Claims) -> Result<&str, Refusal> {
    let verifier = claims.required("code_verifier")?;
    let allowed = |b: u8| is_base64url(b) || b == b'.' || b == b'~';
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(allowed) {
        return Err(Refusal::invalid_request(
            "The code_verifier must be 43 to 128 characters of A-Z a-z 0-9 - . _ ~",
            format!("found {} characters, or others", verifier.len()),
        ));
    }
    Ok(verifier)
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

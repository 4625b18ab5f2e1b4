//! The form of a nonce.

use super::claims::Claims;
use crate::domain::refusal::Refusal;

/// The nonce, 32 alphanumerics (protocol reference, crypto §1.2).
///
/// # Errors
/// `InvalidRequest` if it is missing or of another form.
pub(crate) fn form(claims: &Claims) -> Result<&str, Refusal> {
    let nonce = claims.required("nonce")?;
    if nonce.len() == 32 && nonce.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(nonce);
    }
    let length = nonce.chars().count();
    Err(Refusal::invalid_request(
        "The nonce must be 32 characters of a-z, A-Z, 0-9",
        format!("the nonce has {length} characters, or others than letters and digits"),
    ))
}

//! The `Authorization` header.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::domain::refusal::Refusal;

/// The token of `Authorization: Bearer <token>`; the scheme's case does not matter (RFC 9110 §11.1).
///
/// # Errors
/// `InvalidJWT` if the header is missing or of another form.
pub(crate) fn token(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or_else(missing)?;
    if values.next().is_some() {
        return Err(refuse("there is more than one Authorization header"));
    }
    token_of(value.to_str().map_err(|_| refuse("the Authorization header is not ASCII"))?)
}

/// The token of the header's value.
///
/// # Errors
/// `InvalidJWT` if it is of another form.
pub(crate) fn token_of(value: &str) -> Result<&str, Refusal> {
    let mut words = value.split_ascii_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(scheme), Some(token), None) if scheme.eq_ignore_ascii_case("bearer") => Ok(token),
        _ => Err(refuse("expected \"Bearer <JWT>\"")),
    }
}

/// The refusal of a request that has no such header.
pub(crate) fn missing() -> Refusal {
    refuse("there is no Authorization header")
}

fn refuse(detail: &str) -> Refusal {
    Refusal::invalid_jwt("The Authorization header is missing or malformed", detail)
}

//! Answers that must be JSON objects.

use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Result};
use crate::http::json;

pub(crate) const WRONG_ANSWER: &str = "the answer is not what the protocol describes";

/// Parses an object. A type whose members may all be missing would take an array too.
pub(crate) fn parse_as<T: DeserializeOwned>(kind: ErrorKind, what: &str, bytes: &[u8]) -> Result<T> {
    match bytes.trim_ascii_start().first() {
        Some(b'[') => Err(Error::new(kind, format!("{what}: expected an object"))),
        _ => json::parse_as(kind, what, bytes),
    }
}

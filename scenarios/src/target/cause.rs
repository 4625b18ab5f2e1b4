//! What of a network error helps people.

use std::error::Error as _;

/// The innermost cause of a failure to reach a server: what helps people.
pub(crate) fn innermost_cause(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}

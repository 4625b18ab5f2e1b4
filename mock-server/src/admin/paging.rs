//! What pages are asked for by.

use crate::domain::refusal::Refusal;

/// How many are asked for, if the query says so.
///
/// # Errors
/// `ValidationErrors` unless it is a number within bounds.
pub(super) fn limit(text: Option<String>, most: usize) -> Result<Option<usize>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
    let wrong = || Refusal::validation(format!("limit: expected a whole number from 1 to {most}"));
    limit.map(Some).ok_or_else(wrong)
}

//! A whole sandbox as a file.

pub(super) mod export;
pub(super) mod import;

use crate::domain::refusal::Refusal;
use crate::http::call::Call;

/// Which of two words a parameter of the query has; the first if it is absent.
fn choice<T: Copy>(call: &Call, name: &str, words: [(&str, T); 2]) -> Result<T, Refusal> {
    let Some(value) = call.query_value(name) else { return Ok(words[0].1) };
    words
        .iter()
        .find(|(word, _)| *word == value)
        .map(|(_, meant)| *meant)
        .ok_or_else(|| Refusal::validation(format!("{name} is {} or {}", words[0].0, words[1].0)))
}

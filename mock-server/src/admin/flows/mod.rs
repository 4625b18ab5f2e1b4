//! Flows: the requests that hang together, from the consent to the files.

mod drawing;
pub(super) mod list;
pub(super) mod show;

use std::sync::Arc;

use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::journal::Entry;
use crate::journal::filter::Filter;
use crate::sandbox::journal_page::Direction;

/// How many requests are looked at: the last ones.
const LOOKED_AT: usize = 50_000;

/// The requests that flows are found in, oldest first.
async fn entries(call: &Call) -> Result<Vec<Arc<Entry>>, Refusal> {
    let page = call.sandbox.page(Direction::Before(None), &Filter::default(), LOOKED_AT).await?;
    Ok(page.entries)
}

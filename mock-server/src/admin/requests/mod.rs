//! The journal, as administration shows it.

mod claims;
pub(super) mod events;
pub(super) mod forget;
pub(super) mod list;
pub(super) mod show;
pub(super) mod summary;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use crate::http::reply::{Outcome, Reply, ReplyBody, unwritable};
use crate::journal::Entry;
use crate::sandbox::journal_page::Page;
use http::StatusCode;

/// Requests of the journal.
#[derive(Serialize, JsonSchema)]
struct Requests {
    /// Oldest first.
    #[serde(serialize_with = "each")]
    #[schemars(with = "Vec<Entry>")]
    requests: Vec<Arc<Entry>>,
    /// Where the next page begins, for `before` or `after`; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

fn each<S: Serializer>(entries: &[Arc<Entry>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(entries.iter().map(AsRef::as_ref))
}

/// A page of requests. A large one is written beside the requests of others.
async fn reply(page: Page) -> Outcome {
    let requests = Requests { requests: page.entries, next: page.next.map(|next| next.to_string()) };
    let written = tokio::task::spawn_blocking(move || serde_json::to_string(&requests)).await;
    let text = written.unwrap_or_else(|_| Err(serde_json::Error::custom("it was interrupted")));
    let text = text.map_err(unwritable)?;
    Ok(Reply::new(StatusCode::OK, ReplyBody::Text { mimetype: "application/json", text }))
}

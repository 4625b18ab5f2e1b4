//! The journal, as administration shows it.

mod claims;
pub(super) mod events;
pub(super) mod forget;
pub(super) mod list;
pub(super) mod show;
pub(super) mod summary;

use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::beside::beside;
use crate::http::reply::{Outcome, Reply, ReplyBody, unwritable};
use crate::journal::Entry;
use crate::sandbox::journal_page::Page;
use http::StatusCode;
use summary::Summary;

/// Requests of the journal.
#[derive(Serialize, JsonSchema)]
struct Requests {
    /// Oldest first.
    requests: Vec<Listed>,
    /// Where the next page begins, for `before` or `after`; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A request, in the form that was asked for.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Listed {
    Full(
        #[serde(serialize_with = "whole")]
        #[schemars(with = "Entry")]
        Arc<Entry>,
    ),
    Short(Summary),
}

fn whole<S: Serializer>(entry: &Arc<Entry>, serializer: S) -> Result<S::Ok, S::Error> {
    entry.as_ref().serialize(serializer)
}

/// How much of each request is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Full,
    Short,
}

impl FromStr for Form {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "full" => Ok(Self::Full),
            "short" => Ok(Self::Short),
            _ => Err("expected full or short"),
        }
    }
}

/// A page of requests. A large one is written beside the requests of others.
async fn reply(page: Page, form: Form) -> Outcome {
    let listed = move |entry: Arc<Entry>| match form {
        Form::Full => Listed::Full(entry),
        Form::Short => Listed::Short(Summary::from(entry.as_ref())),
    };
    let text = beside("The requests could not be written", move || {
        let requests = page.entries.into_iter().map(listed).collect();
        serde_json::to_string(&Requests { requests, next: page.next.map(|next| next.to_string()) })
    });
    let text = text.await?.map_err(unwritable)?;
    Ok(Reply::new(StatusCode::OK, ReplyBody::Text { mimetype: "application/json", text }))
}

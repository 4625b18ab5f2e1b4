//! Pages of sources, and all of them as one stream
//! (protocol reference, http-api §6.1).

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt, stream};
use http::Method;
use serde::Deserialize;

use crate::client::Client;
use crate::contract::Contract;
use crate::discovery::source::Source;
use crate::discovery::sources_query::SourcesQuery;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::http::json;
use crate::http::request::Request;

/// One page of sources.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct SourcesPage {
    /// The sources of this page.
    pub data: Vec<Source>,
    /// Sources per page.
    #[serde(deserialize_with = "json::integer")]
    pub limit: i64,
    /// Sources skipped before this page.
    #[serde(deserialize_with = "json::integer")]
    pub offset: i64,
    /// Sources that fit the query, on all pages together.
    #[serde(deserialize_with = "json::integer")]
    pub total: i64,
}

/// All sources that fit a query: a stream that reads page after page as it is
/// polled. A failure ends it.
pub struct Sources(BoxStream<'static, Result<Source>>);

impl Stream for Sources {
    type Item = Result<Source>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(cx)
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").finish_non_exhaustive()
    }
}

impl Client {
    /// Searches sources, one page (protocol reference, http-api §6.1).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`], [`ErrorKind::Transport`], [`ErrorKind::Timeout`],
    /// [`ErrorKind::Decode`]. The request only asks, so it is repeated as the
    /// retry policy says although it is a POST.
    ///
    /// ```no_run
    /// # async fn find(client: digime::Client, contract: digime::Contract) -> Result<(), digime::Error> {
    /// let query = digime::discovery::SourcesQuery::new().query_string("spotify").limit(10);
    /// let page = client.query_sources(&contract, &query).await?;
    /// println!("{} of {}", page.data.len(), page.total);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn query_sources(&self, contract: &Contract, query: &SourcesQuery) -> Result<SourcesPage> {
        let url = self.api(&["discovery", "sources"])?;
        let request = Request::new(Operation::QuerySources, Method::POST, url, "discovery/sources")
            .only_asks()
            .json(query)?;
        self.json(contract, &request).await
    }

    /// Searches sources and goes through all pages, from the query's offset on.
    ///
    /// ```no_run
    /// use futures_util::TryStreamExt;
    ///
    /// # async fn all(client: digime::Client, contract: digime::Contract) -> Result<(), digime::Error> {
    /// let query = digime::discovery::SourcesQuery::new().limit(100).include(["name"]);
    /// let mut sources = client.all_sources(&contract, query);
    /// while let Some(source) = sources.try_next().await? {
    ///     println!("{} {:?}", source.id, source.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn all_sources(&self, contract: &Contract, query: SourcesQuery) -> Sources {
        let pages = Pages {
            client: self.clone(),
            contract: contract.clone(),
            next: Some(query.first()),
            query,
            ready: VecDeque::new(),
        };
        let sources = stream::unfold(pages, |mut pages| async move {
            let source = pages.next().await.transpose()?;
            Some((source, pages))
        });
        Sources(sources.fuse().boxed())
    }
}

struct Pages {
    client: Client,
    contract: Contract,
    query: SourcesQuery,
    /// Offset of the next page; `None` after the last.
    next: Option<u64>,
    ready: VecDeque<Source>,
}

impl Pages {
    async fn next(&mut self) -> Result<Option<Source>> {
        if let Some(source) = self.ready.pop_front() {
            return Ok(Some(source));
        }
        let Some(offset) = self.next.take() else { return Ok(None) };
        let page = self.client.query_sources(&self.contract, &self.query.clone().offset(offset)).await?;
        // A server that ignores the offset would send its first page for ever.
        if u64::try_from(page.offset) != Ok(offset) {
            let what = format!("asked for sources from {offset} on, got them from {} on", page.offset);
            return Err(
                Error::new(ErrorKind::UnexpectedResponse, what).with_operation(Operation::QuerySources)
            );
        }
        let end = offset.saturating_add(page.data.len() as u64);
        let more = !page.data.is_empty() && u64::try_from(page.total).is_ok_and(|total| end < total);
        self.next = more.then_some(end);
        self.ready = page.data.into();
        Ok(self.ready.pop_front())
    }
}

//! What servers that share a sandbox tell each other of its requests and clients. It is told beside the
//! requests, which never wait for it, and is lost while the database is away.

use std::sync::Arc;

use super::Sandbox;
use crate::client_report::ClientReport;
use crate::domain::unavailable::Unavailable;
#[cfg(any(test, feature = "durable"))]
use crate::durable::shared::{Shared, ToldRequest};
use crate::journal::Entry;
#[cfg(any(test, feature = "durable"))]
use crate::journal::Untold;

/// How many bytes of entries are told at once, about.
#[cfg(any(test, feature = "durable"))]
const BATCH: usize = 4 * 1024 * 1024;

impl Sandbox {
    /// The requests that are kept, in the order in which they were answered, on whichever server.
    pub(crate) async fn requests(&self) -> Vec<Arc<Entry>> {
        #[cfg(any(test, feature = "durable"))]
        if let Some((shared, _)) = self.home.shared() {
            self.tell().await;
            match shared.told_requests(&self.tag, self.kept()).await {
                Ok(told) => return told.iter().filter_map(|body| entry(body)).map(Arc::new).collect(),
                Err(failure) => tracing::warn!("the requests of the other servers are not known: {failure}"),
            }
        }
        self.journal.list()
    }

    /// The refused request whose answer carried this reference, on whichever server.
    pub(crate) async fn request(&self, reference: &str) -> Option<Arc<Entry>> {
        let own = self.journal.find(reference);
        #[cfg(any(test, feature = "durable"))]
        if own.is_none()
            && let Some((shared, _)) = self.home.shared()
        {
            match shared.told_request(&self.tag, reference).await {
                Ok(told) => return entry(&told?).map(Arc::new),
                Err(failure) => tracing::warn!("the requests of the other servers are not known: {failure}"),
            }
        }
        own
    }

    /// Forgets all requests.
    ///
    /// # Errors
    /// [`Unavailable`] if those of the other servers would be kept.
    pub(crate) async fn forget_requests(&self) -> Result<(), Unavailable> {
        self.journal.clear();
        #[cfg(any(test, feature = "durable"))]
        if let Some((shared, _)) = self.home.shared() {
            let asked = self.real_now();
            self.let_others_see().await;
            return shared.forget_requests(&self.tag, asked).await.map_err(|failure| unavailable(&failure));
        }
        Ok(())
    }

    /// How well its clients keep the platform's contract, as all servers saw it.
    pub(crate) async fn client_report(&self) -> ClientReport {
        let own = self.own_client_report();
        #[cfg(any(test, feature = "durable"))]
        if let Some((shared, server)) = self.home.shared() {
            let told = shared.told_reports(&self.tag).await.unwrap_or_else(|failure| {
                tracing::warn!("what the other servers saw is not known: {failure}");
                Vec::new()
            });
            let mut all = own.of_server(server);
            for (other, body) in told.iter().filter(|(other, _)| other != server) {
                match serde_json::from_str::<ClientReport>(body) {
                    Ok(report) => all.add(report.of_server(other)),
                    Err(error) => tracing::warn!("what a server of another version saw is left out: {error}"),
                }
            }
            return all;
        }
        own
    }

    /// Lets all servers forget what they told of it.
    ///
    /// # Errors
    /// [`Unavailable`] if some of it would be kept.
    pub(super) async fn forget_told(&self) -> Result<(), Unavailable> {
        #[cfg(any(test, feature = "durable"))]
        if let Some((shared, _)) = self.home.shared() {
            return shared.forget_told(&self.tag).await.map_err(|failure| unavailable(&failure));
        }
        Ok(())
    }

    /// Tells the other servers what this one answered and saw since it did so last.
    #[cfg(any(test, feature = "durable"))]
    pub(super) async fn tell(&self) {
        let Some((shared, server)) = self.home.shared() else { return };
        // Who waits for it finds what was being told.
        let mut told = self.told.lock().await;
        let untold = self.journal.take_untold();
        let count = untold.len();
        if count > 0
            && let Err(failure) = self.tell_requests(shared, server, untold).await
        {
            tracing::warn!("other servers are not told of {count} requests: {failure}");
        }
        told.since_trim += count;
        if told.since_trim * 4 > self.journal.capacity() {
            told.since_trim = 0;
            if let Err(failure) = shared.trim_requests(&self.tag, self.kept()).await {
                tracing::warn!("the journal grows: {failure}");
            }
        }
        let changes = self.observer.changes();
        if changes != told.changes {
            let body = serde_json::to_string(&self.own_client_report()).unwrap_or_default();
            match shared.tell_report(&self.tag, server, body).await {
                Ok(()) => told.changes = changes,
                Err(failure) => tracing::warn!("other servers are not told what clients did: {failure}"),
            }
        }
    }

    #[cfg(any(test, feature = "durable"))]
    async fn tell_requests(
        &self,
        shared: &dyn Shared,
        server: &str,
        untold: Vec<Untold>,
    ) -> Result<(), crate::durable::Failure> {
        let (mut batch, mut size) = (Vec::new(), 0);
        for Untold { at, entry } in untold {
            let Ok(body) = serde_json::to_string(entry.as_ref()) else { continue };
            size += body.len();
            batch.push(ToldRequest {
                sandbox: self.id().to_owned(),
                at: at.millis(),
                server: server.to_owned(),
                sequence: entry.sequence,
                reference: entry.refusal.as_ref().map(|refusal| refusal.reference.clone()),
                body,
            });
            if size > BATCH {
                shared.tell_requests(std::mem::take(&mut batch)).await?;
                size = 0;
            }
        }
        match batch.is_empty() {
            true => Ok(()),
            false => shared.tell_requests(batch).await,
        }
    }

    #[cfg(any(test, feature = "durable"))]
    fn kept(&self) -> u32 {
        u32::try_from(self.journal.capacity()).unwrap_or(u32::MAX)
    }
}

/// What this server told the others so far.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Requests since the journal was cut to its size.
    #[cfg(any(test, feature = "durable"))]
    since_trim: usize,
    /// How much of what was seen of clients.
    #[cfg(any(test, feature = "durable"))]
    changes: u64,
}

#[cfg(any(test, feature = "durable"))]
pub(super) fn entry(body: &str) -> Option<Entry> {
    let read = serde_json::from_str(body);
    read.inspect_err(|error| tracing::warn!("a request of a server of another version is left out: {error}"))
        .ok()
}

#[cfg(any(test, feature = "durable"))]
fn unavailable(failure: &crate::durable::Failure) -> Unavailable {
    tracing::error!("the state cannot be used: {failure}");
    Unavailable
}

//! The way of a file from the wire to plain bytes: receive, decrypt,
//! decompress, count. Holds one network chunk and one output buffer at a time.

pub(crate) mod compression;

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt, stream};

use crate::client::Client;
use crate::clock;
use crate::crypto::container::Open;
use crate::download::compression::{Compression, Decompressor};
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::http::failure;
use crate::http::response::Response;

const OUTPUT: usize = 64 * 1024;
/// A container is this much larger than its content, at most.
const OVERHEAD: u64 = 64 * 1024;

/// A file being received.
pub(crate) struct Download {
    response: Response,
    container: Option<Box<dyn Open>>,
    decompressor: Decompressor,
    plain: bool,
    /// Decrypted bytes not yet decompressed.
    pending: Vec<u8>,
    taken: usize,
    output: Vec<u8>,
    limit: u64,
    received: u64,
    produced: u64,
    started: Instant,
    longest: Duration,
}

impl Download {
    pub(crate) fn new(
        response: Response,
        container: Box<dyn Open>,
        compression: Compression,
        client: &Client,
    ) -> Self {
        let shared = client.shared();
        Self {
            response,
            container: Some(container),
            decompressor: Decompressor::new(compression),
            plain: compression == Compression::None,
            pending: Vec::new(),
            taken: 0,
            output: Vec::new(),
            limit: shared.max_file_size,
            received: 0,
            produced: 0,
            started: clock::instant(),
            longest: shared.transport.times().file,
        }
    }

    /// The next plain bytes; `None` at the verified end of the file.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            if let Some(bytes) = self.take()? {
                return Ok(Some(bytes));
            }
            if self.container.is_none() {
                self.decompressor.finish()?;
                return Ok(None);
            }
            self.receive().await?;
        }
    }

    /// All plain bytes.
    pub(crate) async fn collect(&mut self) -> Result<Bytes> {
        // A size the server claims is a hint, not a reason to reserve gigabytes.
        let hint = self.response.content_length().unwrap_or(0).min(self.limit).min(16 << 20);
        let mut all = Vec::with_capacity(usize::try_from(hint).unwrap_or(0));
        while let Some(bytes) = self.next().await? {
            all.extend_from_slice(&bytes);
        }
        tracing::Span::current().record("bytes", self.received);
        Ok(Bytes::from(all))
    }

    /// Plain bytes from what has been decrypted already.
    fn take(&mut self) -> Result<Option<Bytes>> {
        if self.plain {
            if self.pending.is_empty() {
                return Ok(None);
            }
            let bytes = Bytes::from(std::mem::take(&mut self.pending));
            self.count(bytes.len())?;
            return Ok(Some(bytes));
        }
        self.output.resize(OUTPUT, 0);
        loop {
            let input = &self.pending[self.taken..];
            let step = self.decompressor.step(input, &mut self.output)?;
            self.taken += step.consumed;
            if step.produced > 0 {
                self.count(step.produced)?;
                return Ok(Some(Bytes::copy_from_slice(&self.output[..step.produced])));
            }
            if step.consumed == 0 {
                return match self.taken == self.pending.len() {
                    true => Ok(None),
                    false => Err(Error::new(
                        ErrorKind::Decompress,
                        "the file could not be decompressed: its decoder is stuck",
                    )),
                };
            }
        }
    }

    fn count(&mut self, bytes: usize) -> Result<()> {
        self.produced += bytes as u64;
        if self.produced > self.limit {
            return Err(failure::too_large("the file", self.limit));
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<()> {
        self.pending.clear();
        self.taken = 0;
        let left = self.longest.saturating_sub(clock::instant().duration_since(self.started));
        let chunk = tokio::time::timeout(left, self.response.chunk())
            .await
            .map_err(|_| failure::timed_out("the download", self.longest))??;
        match (chunk, &mut self.container) {
            (Some(chunk), Some(container)) => {
                self.received += chunk.len() as u64;
                if self.received > self.limit.saturating_add(OVERHEAD) {
                    return Err(failure::too_large("the file", self.limit));
                }
                container.push(&chunk, &mut self.pending)
            }
            (None, _) => match self.container.take() {
                Some(container) => container.finish(&mut self.pending),
                None => Ok(()),
            },
            (Some(_), None) => Ok(()),
        }
    }
}

/// The rest of a download as a stream; its failures name the operation.
pub(crate) fn chunks(operation: Operation, download: Download) -> BoxStream<'static, Result<Bytes>> {
    stream::unfold(Some(download), move |state| async move {
        let mut download = state?;
        match download.next().await {
            Ok(Some(bytes)) => Some((Ok(bytes), Some(download))),
            Ok(None) => None,
            Err(error) => Some((Err(error.with_operation(operation)), None)),
        }
    })
    .fuse()
    .boxed()
}

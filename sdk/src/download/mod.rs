//! The way of a file from the wire to plain bytes: receive, open, hand out.
//! While a batch is opened on a free core, the next one is received; so a
//! download holds two batches and two portions of plain bytes at most.

pub(crate) mod compression;
mod opening;

use std::pin::pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::future::{Either, select};
use futures_util::{FutureExt, StreamExt, stream};

use crate::client::Client;
use crate::clock;
use crate::cores::Cores;
use crate::crypto::container::Open;
use crate::download::compression::Compression;
use crate::download::opening::Opening;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::http::failure;
use crate::http::response::Response;

/// Received bytes that are opened together: enough to be worth the way to
/// another thread, few enough to begin early.
const BATCH: usize = 256 * 1024;
/// A container is this much larger than its content, at most.
const OVERHEAD: u64 = 64 * 1024;

/// A file being received.
pub(crate) struct Download {
    body: Receiving,
    stage: Stage,
    cores: Cores,
}

/// Where the container is.
enum Stage {
    /// Here, waiting for bytes.
    Idle(Box<Opening>),
    /// At work on another thread.
    Busy(BoxFuture<'static, Result<Box<Opening>>>),
    /// Lost to an error.
    Failed,
}

/// How many bytes are worth a beginning.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// What is at hand: a stream's reader waits for it.
    Early,
    /// A whole batch, so that a small file is opened in one go.
    Whole,
}

impl Download {
    pub(crate) fn new(
        response: Response,
        container: Box<dyn Open>,
        compression: Compression,
        client: &Client,
    ) -> Self {
        let shared = client.shared();
        let opening = Opening::new(container, compression, shared.max_file_size);
        Self {
            body: Receiving {
                response,
                batch: Vec::new(),
                size: 0,
                end: None,
                limit: shared.max_file_size,
                received: 0,
                started: clock::instant(),
                longest: shared.transport.times().file,
            },
            stage: Stage::Idle(Box::new(opening)),
            cores: shared.transport.cores().clone(),
        }
    }

    /// The next plain bytes; `None` at the verified end of the file.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>> {
        while self.advance(Pace::Early).await? {
            let Stage::Idle(opening) = &mut self.stage else { continue };
            let plain = opening.take_plain();
            self.work_ahead();
            if !plain.is_empty() {
                return Ok(Some(plain));
            }
        }
        Ok(None)
    }

    /// All plain bytes.
    pub(crate) async fn collect(&mut self) -> Result<Bytes> {
        // A size the server claims is a hint, not a reason to reserve gigabytes.
        let hint = self.body.response.content_length().unwrap_or(0).min(self.body.limit).min(16 << 20);
        if let Stage::Idle(opening) = &mut self.stage {
            opening.expect(usize::try_from(hint).unwrap_or(0));
        }
        while self.advance(Pace::Whole).await? {}
        tracing::Span::current().record("bytes", self.body.received);
        match &mut self.stage {
            Stage::Idle(opening) => Ok(opening.take_plain()),
            Stage::Busy(_) | Stage::Failed => Err(lost()),
        }
    }

    /// Has something more opened; `false` at the verified end of the file.
    async fn advance(&mut self, pace: Pace) -> Result<bool> {
        loop {
            match &mut self.stage {
                Stage::Idle(opening) if opening.is_finished() => return Ok(false),
                Stage::Idle(opening) if opening.has_more() || self.body.is_worth_opening(pace)? => {
                    self.open()
                }
                Stage::Idle(_) => self.body.receive().await,
                Stage::Busy(work) if self.body.has_room() => {
                    let opened = match select(work, pin!(self.body.receive())).await {
                        Either::Left((opened, _)) => opened,
                        Either::Right(((), _)) => continue,
                    };
                    return self.opened(opened);
                }
                Stage::Busy(work) => {
                    let opened = work.await;
                    return self.opened(opened);
                }
                Stage::Failed => return Err(lost()),
            }
        }
    }

    fn opened(&mut self, opened: Result<Box<Opening>>) -> Result<bool> {
        self.stage = Stage::Failed;
        self.stage = Stage::Idle(opened?);
        Ok(true)
    }

    /// Sends the container to another thread, with what came.
    fn open(&mut self) {
        let Stage::Idle(mut opening) = std::mem::replace(&mut self.stage, Stage::Failed) else { return };
        let (batch, last) = match opening.has_more() {
            true => (Vec::new(), false),
            false => self.body.take(),
        };
        let work = self.cores.work(move || opening.open(&batch, last).map(|()| opening));
        self.stage = Stage::Busy(work.map(Result::flatten).boxed());
    }

    /// Begins the next portion while the reader is busy with this one.
    fn work_ahead(&mut self) {
        if let Stage::Idle(opening) = &self.stage
            && !opening.is_finished()
            && (opening.has_more() || self.body.has_something())
        {
            self.open();
        }
    }
}

/// A body being received.
struct Receiving {
    response: Response,
    /// What came and is still to be opened.
    batch: Vec<Bytes>,
    size: usize,
    /// How the body ended, if it has.
    end: Option<Result<()>>,
    limit: u64,
    received: u64,
    started: Instant,
    longest: Duration,
}

impl Receiving {
    fn has_room(&self) -> bool {
        self.end.is_none() && self.size < BATCH
    }

    fn has_something(&self) -> bool {
        !self.batch.is_empty() || matches!(self.end, Some(Ok(())))
    }

    /// Whether to begin with what is there. What came before a failure is
    /// opened first, because its own failure would say more.
    fn is_worth_opening(&mut self, pace: Pace) -> Result<bool> {
        // What has arrived already need not wait for the next turn.
        while pace == Pace::Early && self.has_room() && self.receive().now_or_never().is_some() {}
        match &self.end {
            Some(Err(error)) if self.batch.is_empty() => Err(error.clone()),
            Some(_) => Ok(true),
            None if pace == Pace::Early => Ok(!self.batch.is_empty()),
            None => Ok(!self.has_room()),
        }
    }

    /// The pieces that came, and whether they are the last.
    fn take(&mut self) -> (Vec<Bytes>, bool) {
        self.size = 0;
        (std::mem::take(&mut self.batch), matches!(self.end, Some(Ok(()))))
    }

    /// Waits for a further piece, or the end. Nothing is lost if the caller stops waiting.
    async fn receive(&mut self) {
        match self.piece().await {
            Ok(Some(piece)) => {
                self.size += piece.len();
                self.batch.push(piece);
            }
            Ok(None) => self.end = Some(Ok(())),
            Err(error) => self.end = Some(Err(error)),
        }
    }

    async fn piece(&mut self) -> Result<Option<Bytes>> {
        let left = self.longest.saturating_sub(clock::instant().duration_since(self.started));
        let piece = tokio::time::timeout(left, self.response.chunk())
            .await
            .map_err(|_| failure::timed_out("the download", self.longest))??;
        self.received += piece.as_ref().map_or(0, Bytes::len) as u64;
        match self.received > self.limit.saturating_add(OVERHEAD) {
            true => Err(failure::too_large("the file", self.limit)),
            false => Ok(piece),
        }
    }
}

fn lost() -> Error {
    Error::new(ErrorKind::Cancelled, "the download has failed before")
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::{Arc, Mutex};
    use std::thread::{self, ThreadId};

    use super::*;
    use crate::http::observer::Watch;

    const CHUNK: usize = 32 * 1024;

    /// What happened, in order.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<Happened>>>);

    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Happened {
        Came,
        Opened(ThreadId),
    }

    impl Log {
        fn add(&self, happened: Happened) {
            self.0.lock().unwrap().push(happened);
        }

        fn count(&self, counts: impl Fn(&Happened) -> bool) -> usize {
            self.0.lock().unwrap().iter().filter(|it| counts(it)).count()
        }

        fn came(&self) -> usize {
            self.count(|it| *it == Happened::Came)
        }

        fn opened(&self) -> usize {
            self.count(|it| matches!(it, Happened::Opened(_)))
        }

        /// The most chunks that had come and were not opened yet.
        fn most_waiting(&self) -> usize {
            let (mut waiting, mut most) = (0, 0);
            for happened in self.0.lock().unwrap().iter() {
                waiting = if *happened == Happened::Came { waiting + 1 } else { waiting - 1 };
                most = most.max(waiting);
            }
            most
        }
    }

    /// A container that is its content.
    impl Open for Log {
        fn push(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<()> {
            self.add(Happened::Opened(thread::current().id()));
            out.extend_from_slice(input);
            Ok(())
        }

        fn finish(self: Box<Self>, _: &mut Vec<u8>) -> Result<()> {
            Ok(())
        }
    }

    /// A download of so many chunks, all of which are there when they are asked for.
    fn download(log: &Log, chunks: usize) -> Download {
        let came = log.clone();
        let body = stream::iter(0..chunks).map(move |_| {
            came.add(Happened::Came);
            Ok::<_, Infallible>(Bytes::from_static(&[7; CHUNK]))
        });
        let response = reqwest::Response::from(::http::Response::new(reqwest::Body::wrap_stream(body)));
        let response = Response::new(response, Watch::new(None), Duration::from_secs(30), None);
        let client = Client::builder("app").build().unwrap();
        Download::new(response, Box::new(log.clone()), Compression::None, &client)
    }

    #[tokio::test]
    async fn a_small_file_goes_to_another_thread_once() {
        let log = Log::default();
        assert_eq!(download(&log, 4).collect().await.unwrap().len(), 4 * CHUNK);
        let happened = log.0.lock().unwrap().clone();
        let (came, opened) = happened.split_at(4);
        assert!(came.iter().all(|it| *it == Happened::Came), "it is opened when all of it is there");
        let here = Happened::Opened(thread::current().id());
        assert!(opened.len() == 4 && opened.iter().all(|it| *it == opened[0] && *it != here));
    }

    #[tokio::test]
    async fn a_large_file_is_opened_while_it_comes() {
        let log = Log::default();
        assert_eq!(download(&log, 200).collect().await.unwrap().len(), 200 * CHUNK);
        assert_eq!((log.came(), log.opened()), (200, 200));
        let most = log.most_waiting() * CHUNK;
        assert!((BATCH..=2 * BATCH).contains(&most), "{most} bytes waited");
    }

    #[tokio::test]
    async fn a_stream_does_not_run_away_from_its_reader() {
        let log = Log::default();
        let mut download = download(&log, 200);
        let first = download.next().await.unwrap().unwrap();
        assert!(first.len() <= BATCH);
        tokio::time::sleep(Duration::from_millis(50)).await;
        let ahead = log.came() * CHUNK;
        assert!(ahead <= 3 * BATCH, "{ahead} bytes for a reader who has {}", first.len());
        let mut read = first.len();
        while let Some(piece) = download.next().await.unwrap() {
            read += piece.len();
        }
        assert_eq!(read, 200 * CHUNK);
    }
}

//! A connection that ends if its client takes in nothing of what it is sent, and that waits at rest for what comes.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::activity::Activity;

/// For how long a client may take in so little that the system takes no more for it.
const LONGEST_STALL: Duration = Duration::from_secs(120);

/// How much is read at once: one byte less than what would make hyper give the connection a larger buffer, of up to 64 KiB,
/// for as long as its client sends a body.
const MOST_READ: usize = 16 * 1024 - 1;

/// The server's end of a connection.
pub(super) struct Patient<S> {
    stream: S,
    longest_stall: Duration,
    /// Runs while the client takes in nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// What came already.
    ahead: Bytes,
    activity: Arc<Activity>,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S) -> Self {
        let (ahead, activity) = (Bytes::new(), Arc::default());
        Self { stream, longest_stall: LONGEST_STALL, stalled: None, ahead, activity }
    }

    /// What it does.
    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    /// Takes back what was read of it and not used.
    pub(super) fn take_back(&mut self, unused: Bytes) {
        // Nothing of a buffer keeps all of it.
        self.ahead = if unused.is_empty() { Bytes::new() } else { unused };
    }

    /// What comes of an attempt to write, unless there were too many in vain.
    fn unless_stalled<T>(
        &mut self,
        context: &mut Context<'_>,
        attempt: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if attempt.is_ready() {
            self.stalled = None;
            self.activity.goes_on();
            return attempt;
        }
        let limit = self.longest_stall;
        self.activity.stalls();
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        stalled.as_mut().poll(context).map(|()| {
            Err(io::Error::new(ErrorKind::TimedOut, "the client takes in nothing of what it is sent"))
        })
    }
}

impl<S: AsyncRead + Unpin> Patient<S> {
    /// Waits for what the client sends; false if it sends no more. It needs no buffer for that.
    pub(super) async fn wakes(&mut self) -> bool {
        let mut first = [0];
        if self.ahead.is_empty() && self.stream.read(&mut first).await.is_ok_and(|read| read > 0) {
            self.ahead = Bytes::copy_from_slice(&first);
        }
        !self.ahead.is_empty()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let known = self.ahead.len().min(buffer.remaining());
        buffer.put_slice(&self.ahead[..known]);
        let rest = self.ahead.split_off(known);
        self.take_back(rest);
        let read = match buffer.remaining() > MOST_READ {
            true => {
                let mut some = ReadBuf::new(buffer.initialize_unfilled_to(MOST_READ));
                let read = Pin::new(&mut self.stream).poll_read(context, &mut some);
                let length = some.filled().len();
                buffer.advance(length);
                read
            }
            false => Pin::new(&mut self.stream).poll_read(context, buffer),
        };
        if buffer.filled().len() > before {
            self.activity.reads();
            // Whatever else there is to tell is told next time.
            return Poll::Ready(Ok(()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.activity.writes();
        self.unless_stalled(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.activity.writes();
        self.unless_stalled(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.unless_stalled(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.unless_stalled(context, shut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    const STALL: Duration = Duration::from_millis(100);

    /// A client, as its server's system shows it: it takes in everything, or nothing.
    #[derive(Clone, Default)]
    struct Client {
        takes: Arc<AtomicBool>,
    }

    impl AsyncWrite for Client {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            if self.takes.load(Ordering::Relaxed) { Poll::Ready(Ok(bytes.len())) } else { Poll::Pending }
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_in_is_given_up_and_one_that_goes_on_is_not() {
        let client = Client::default();
        let mut patient = Patient { longest_stall: STALL, ..Patient::new(client.clone()) };
        // As often as it likes, if each pause is short.
        for _ in 0..3 {
            let mut write = pin!(poll_fn(|context| Pin::new(&mut patient).poll_write(context, b"some")));
            assert!(tokio::time::timeout(STALL / 2, &mut write).await.is_err());
            client.takes.store(true, Ordering::Relaxed);
            assert_eq!(write.await.unwrap(), 4);
            client.takes.store(false, Ordering::Relaxed);
        }
        let written = poll_fn(|context| Pin::new(&mut patient).poll_write(context, b"some")).await;
        assert_eq!(written.unwrap_err().kind(), ErrorKind::TimedOut);
    }
}

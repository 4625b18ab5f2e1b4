//! What a connection of HTTP/1.1 does, so that it keeps no buffers while it does nothing.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// For how long nothing happens before a connection rests: it rests after that, and before twice that.
const QUIET: Duration = Duration::from_millis(100);

/// What a connection does. Its own task alone changes it.
#[derive(Debug, Default)]
pub(super) struct Activity {
    /// Reads and attempts to write so far.
    moves: AtomicU32,
    /// Requests that have no whole answer.
    open: AtomicU32,
    /// Whether something came since it was last written to.
    owes_answer: AtomicBool,
    /// Whether what was written last waits for the client.
    is_stalled: AtomicBool,
}

impl Activity {
    pub(super) fn reads(&self) {
        self.moves.fetch_add(1, Ordering::Relaxed);
        self.owes_answer.store(true, Ordering::Relaxed);
    }

    pub(super) fn writes(&self) {
        self.moves.fetch_add(1, Ordering::Relaxed);
        self.owes_answer.store(false, Ordering::Relaxed);
    }

    pub(super) fn stalls(&self) {
        self.is_stalled.store(true, Ordering::Relaxed);
    }

    pub(super) fn goes_on(&self) {
        self.is_stalled.store(false, Ordering::Relaxed);
    }

    /// Whether something came since it was last written to.
    pub(super) fn owes_answer(&self) -> bool {
        self.owes_answer.load(Ordering::Relaxed)
    }

    /// Begins a request.
    pub(super) fn begin(self: &Arc<Self>) -> Underway {
        self.open.fetch_add(1, Ordering::Relaxed);
        Underway(Arc::clone(self))
    }

    /// How much it had done, if there is nothing that it has to do.
    fn done(&self) -> Option<u32> {
        let has_work = self.owes_answer()
            || self.is_stalled.load(Ordering::Relaxed)
            || self.open.load(Ordering::Relaxed) > 0;
        (!has_work).then(|| self.moves.load(Ordering::Relaxed))
    }

    /// Waits until there was nothing to do for a while.
    pub(super) async fn ceases(&self) {
        let mut before = None;
        loop {
            let done = self.done();
            if done.is_some() && done == before {
                return;
            }
            before = done;
            tokio::time::sleep(QUIET).await;
        }
    }
}

/// A request that has no whole answer.
#[derive(Debug)]
pub(super) struct Underway(Arc<Activity>);

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of an answer, which is under way until it was sent.
pub(super) struct Sending {
    body: Body,
    _underway: Underway,
}

impl Underway {
    /// The body of its answer.
    pub(super) fn sends(self, body: Body) -> Sending {
        Sending { body, _underway: self }
    }
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn rests(activity: &Activity) -> bool {
        tokio::time::timeout(QUIET * 3, activity.ceases()).await.is_ok()
    }

    #[tokio::test]
    async fn a_connection_rests_only_when_everything_is_answered_and_sent() {
        let activity = Arc::new(Activity::default());
        assert!(rests(&activity).await);
        activity.reads();
        assert!(!rests(&activity).await, "a head is there, perhaps half of one");
        let underway = activity.begin();
        activity.writes();
        assert!(!rests(&activity).await, "an answer is half sent");
        activity.stalls();
        drop(underway);
        assert!(!rests(&activity).await, "the client does not take it in");
        activity.goes_on();
        assert!(rests(&activity).await);
    }
}

//! What a connection of HTTP/1.1 does, so that it keeps no buffers while it does nothing, and waits for no head for ever.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;

/// For how long nothing happens before a connection rests: it rests after that, and before twice that.
const QUIET: Duration = Duration::from_millis(100);

/// What a connection does. Its own task alone changes it.
#[derive(Debug, Default)]
pub(super) struct Activity {
    /// Reads and attempts to write so far.
    moves: AtomicU32,
    /// Requests so far.
    begun: AtomicU32,
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

    /// Begins a request.
    pub(super) fn begin(self: &Arc<Self>) -> Underway {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        Underway(Arc::clone(self))
    }

    fn state(&self) -> State {
        if self.is_stalled.load(Ordering::Relaxed) || self.open.load(Ordering::Relaxed) > 0 {
            State::Busy
        } else if self.owes_answer.load(Ordering::Relaxed) {
            State::HalfHead { after: self.begun.load(Ordering::Relaxed) }
        } else {
            State::Idle { moves: self.moves.load(Ordering::Relaxed) }
        }
    }

    /// Waits until there was nothing to do for a while, or a head has taken longer than `longest_head`. A timer for each
    /// head, as hyper would have, costs as much as routing.
    pub(super) async fn pauses(&self, longest_head: Duration) -> Pause {
        let (mut state, mut since) = (self.state(), Instant::now());
        loop {
            tokio::time::sleep(QUIET).await;
            let before = std::mem::replace(&mut state, self.state());
            if state != before {
                since = Instant::now();
            }
            match state {
                State::Idle { .. } if since.elapsed() >= QUIET => return Pause::Idle,
                State::HalfHead { .. } if since.elapsed() >= longest_head => return Pause::HalfHead,
                _ => {}
            }
        }
    }
}

/// What a connection is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A request, or an answer that its client does not take in.
    Busy,
    /// The head of a request, which has begun after so many requests.
    HalfHead { after: u32 },
    /// Nothing, after so many moves.
    Idle { moves: u32 },
}

/// Why nothing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pause {
    /// There is nothing to do.
    Idle,
    /// The head of a request does not end.
    HalfHead,
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

    const LONGEST_HEAD: Duration = Duration::from_secs(1);

    async fn rests(activity: &Activity) -> bool {
        tokio::time::timeout(QUIET * 3, activity.pauses(LONGEST_HEAD)).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn each_head_has_its_time() {
        let activity = Arc::new(Activity::default());
        let pause = async || tokio::time::timeout(LONGEST_HEAD * 5, activity.pauses(LONGEST_HEAD)).await.ok();
        activity.reads();
        let sends = async || {
            // However little it pauses in between.
            for _ in 0..30 {
                tokio::time::sleep(LONGEST_HEAD / 10).await;
                activity.reads();
            }
        };
        assert_eq!(tokio::join!(pause(), sends()).0, Some(Pause::HalfHead));
        // Whenever it is looked at, another head is half there.
        let talks = async || {
            for _ in 0..30 {
                drop(activity.begin());
                activity.reads();
                tokio::time::sleep(LONGEST_HEAD / 10).await;
            }
            activity.writes();
        };
        assert_eq!(tokio::join!(pause(), talks()).0, Some(Pause::Idle));
        // An answer may take as long as it likes.
        activity.reads();
        let underway = activity.begin();
        assert_eq!(pause().await, None);
        drop(underway);
        assert_eq!(pause().await, Some(Pause::HalfHead));
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

//! Watching what goes over the wire: for recordings, reports and audits.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Method};
use url::Url;

use crate::error::Operation;
use crate::http::endpoint;

/// Sees every attempt of every request of a client; see
/// [`crate::ClientBuilder::observe`].
///
/// An observer sees **secrets**: the signed token of each request, codes, session
/// keys in URLs, token pairs in bodies. Keep what it writes where you keep tokens.
///
/// It is called on the request's own task, so it should hand its findings on
/// quickly; its panics are logged, and the request goes on. A closure will do:
///
/// ```
/// use digime::observe::{AttemptId, Event};
///
/// let client = digime::Client::builder("app")
///     .observe(|id: AttemptId, event: Event<'_>| match event {
///         Event::Request { method, url, .. } => println!("{id}: {method} {}", url.path()),
///         Event::Answer { status, .. } => println!("{id}: {status}"),
///         _ => {}
///     })
///     .build();
/// ```
pub trait Observer: Send + Sync + 'static {
    /// Called for each [`Event`], in order within one attempt. Attempts of
    /// concurrent calls are interleaved; the id tells them apart.
    fn on_event(&self, attempt: AttemptId, event: Event<'_>);
}

impl<F: Fn(AttemptId, Event<'_>) + Send + Sync + 'static> Observer for F {
    fn on_event(&self, attempt: AttemptId, event: Event<'_>) {
        self(attempt, event);
    }
}

/// One attempt of a request. Unique in this process; later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(u64);

impl AttemptId {
    fn next() -> Self {
        // One count for all clients, because an observer may watch several.
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What happens in one attempt: a [`Request`](Event::Request), pieces of its body,
/// an [`Answer`](Event::Answer), pieces of its body, and one of the last three.
///
/// `Debug` leaves out whatever may be secret.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A request is about to be sent. The connection adds `Host` and the headers
    /// that say how the body is framed.
    #[non_exhaustive]
    Request {
        /// What the request is for.
        operation: Operation,
        /// Its method.
        method: &'a Method,
        /// The whole URL.
        url: &'a Url,
        /// Its headers, `Authorization` included.
        headers: &'a HeaderMap,
    },
    /// A piece of the request's body. Pieces of an upload may still follow when
    /// the answer has begun.
    RequestBody(&'a Bytes),
    /// The head of the answer.
    #[non_exhaustive]
    Answer {
        /// HTTP status.
        status: u16,
        /// Its headers.
        headers: &'a HeaderMap,
    },
    /// A piece of the answer's body, as it came: not yet decrypted.
    AnswerBody(&'a Bytes),
    /// The answer was read to its end.
    Complete,
    /// No answer came, or it broke off. The text contains no secret.
    Broken(&'a str),
    /// The answer was not read to its end: a limit was passed, or the caller
    /// dropped the call.
    Abandoned,
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { operation, method, url, .. } => f
                .debug_struct("Request")
                .field("operation", operation)
                .field("method", method)
                .field("origin", &endpoint::origin(url))
                .finish_non_exhaustive(),
            Self::RequestBody(piece) => write!(f, "RequestBody({} bytes)", piece.len()),
            Self::Answer { status, .. } => {
                f.debug_struct("Answer").field("status", status).finish_non_exhaustive()
            }
            Self::AnswerBody(piece) => write!(f, "AnswerBody({} bytes)", piece.len()),
            Self::Complete => f.write_str("Complete"),
            Self::Broken(why) => f.debug_tuple("Broken").field(why).finish(),
            Self::Abandoned => f.write_str("Abandoned"),
        }
    }
}

/// One attempt under observation, or nothing at all if nobody observes.
#[derive(Clone)]
pub(crate) struct Watch(Option<Arc<Watched>>);

struct Watched {
    observer: Arc<dyn Observer>,
    attempt: AttemptId,
    ended: AtomicBool,
}

impl Watch {
    pub(crate) fn new(observer: Option<&Arc<dyn Observer>>) -> Self {
        Self(observer.map(|observer| {
            Arc::new(Watched {
                observer: Arc::clone(observer),
                attempt: AttemptId::next(),
                ended: AtomicBool::new(false),
            })
        }))
    }

    pub(crate) fn tell(&self, event: Event<'_>) {
        if let Some(watched) = &self.0 {
            watched.tell(event);
        }
    }

    /// Tells the last event; later ones are not told.
    pub(crate) fn end(&self, event: Event<'_>) {
        if let Some(watched) = &self.0 {
            watched.end(event);
        }
    }
}

impl Watched {
    /// A panic of the observer must not lose an answer, which may hold the only token pair.
    fn tell(&self, event: Event<'_>) {
        let call = AssertUnwindSafe(|| self.observer.on_event(self.attempt, event));
        if catch_unwind(call).is_err() {
            tracing::error!("the observer panicked; the request goes on");
        }
    }

    fn end(&self, event: Event<'_>) {
        if !self.ended.swap(true, Ordering::Relaxed) {
            self.tell(event);
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Time limits and callers end an attempt by dropping its future, so
        // there is no other place to learn of it.
        self.end(Event::Abandoned);
    }
}

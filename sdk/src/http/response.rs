//! An answer whose body is still to come.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{HeaderMap, LAST_MODIFIED};

use crate::error::Result;
use crate::http::failure;
use crate::http::observer::{Event, Watch};
use crate::http::proxy::ProxyName;

/// An answer whose body is still to come.
pub(crate) struct Response {
    inner: reqwest::Response,
    watch: Watch,
    /// Longest silence between two pieces.
    idle: Duration,
    proxy: Option<ProxyName>,
}

impl Response {
    pub(crate) fn new(
        inner: reqwest::Response,
        watch: Watch,
        idle: Duration,
        proxy: Option<ProxyName>,
    ) -> Self {
        watch.tell(Event::Answer { status: inner.status().as_u16(), headers: inner.headers() });
        Self { inner, watch, idle, proxy }
    }

    pub(crate) fn status(&self) -> http::StatusCode {
        self.inner.status()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    pub(crate) fn take_headers(&mut self) -> HeaderMap {
        std::mem::take(self.inner.headers_mut())
    }

    /// The length the server announces.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.inner.content_length()
    }

    /// The `Last-Modified` header, if there is a readable one.
    pub(crate) fn last_modified(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.headers().get(LAST_MODIFIED)?.to_str().ok()?).ok()
    }

    /// The next piece of the body, within the idle limit.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>> {
        match tokio::time::timeout(self.idle, self.inner.chunk()).await {
            Ok(Ok(Some(piece))) => {
                self.watch.tell(Event::AnswerBody(&piece));
                Ok(Some(piece))
            }
            Ok(Ok(None)) => {
                self.watch.end(Event::Complete);
                Ok(None)
            }
            Ok(Err(error)) => {
                let error = failure::network(error, "the answer broke off", self.proxy.as_ref());
                self.watch.end(Event::Broken(&error.to_string()));
                Err(error)
            }
            Err(_) => Err(failure::timed_out("more of the answer", self.idle)),
        }
    }

    /// Up to 64 KiB of a failure's body. Whatever goes wrong while reading it,
    /// the status is already known and matters more.
    pub(crate) async fn read_failure(&mut self) -> Vec<u8> {
        const CAP: usize = 64 * 1024;
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = self.chunk().await {
            let room = CAP - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == CAP {
                break;
            }
        }
        body
    }
}

//! One way to send a request: sign, send, classify, wait and sign again, read
//! the answer within limits. Operations only describe themselves.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::Method;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use tracing::{Instrument, Span, field};

use crate::cores::Cores;
use crate::crypto::secret::Secret;
use crate::error::Result;
use crate::http::body::Body;
use crate::http::failure;
use crate::http::jwt::Signer;
use crate::http::observer::{Event, Observer, Watch};
use crate::http::proxy::Proxies;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::retry::RetryPolicy;

/// Time limits of one attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeLimits {
    /// A whole attempt; for downloads until the headers are there; for uploads
    /// on top of the file's own limit.
    pub(crate) request: Duration,
    /// Silence between two pieces of a body.
    pub(crate) read: Duration,
    /// The body of one file, down or up.
    pub(crate) file: Duration,
}

/// How a successful answer is read.
pub(crate) trait ReadAnswer: Sync {
    /// What reading gives.
    type Output: Send;

    /// Whether [`TimeLimits::request`] covers the reading too.
    const WITHIN_REQUEST_LIMIT: bool;

    /// Reads the answer.
    fn read(&self, response: Response) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// A complete answer.
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Reads an answer of at most this many bytes into memory.
pub(crate) struct UpTo(pub(crate) usize);

impl ReadAnswer for UpTo {
    type Output = Answer;
    const WITHIN_REQUEST_LIMIT: bool = true;

    async fn read(&self, mut response: Response) -> Result<Answer> {
        let limit = self.0;
        let headers = response.take_headers();
        // Over HTTP/2, an answer to HEAD seems to announce the body that it does not have.
        let announced = response.content_length().filter(|_| limit > 0);
        if announced.is_some_and(|length| length > limit as u64) {
            return Err(failure::too_large("the answer", limit as u64));
        }
        // The announced size is a hint: it saves copies while the body grows.
        let mut body = Vec::with_capacity(announced.map_or(0, |length| length.min(1 << 20) as usize));
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > limit {
                return Err(failure::too_large("the answer", limit as u64));
            }
            body.extend_from_slice(&chunk);
        }
        Span::current().record("bytes", body.len());
        Ok(Answer { headers, body: Bytes::from(body) })
    }
}

/// Leaves the body to the caller.
pub(crate) struct Unread;

impl ReadAnswer for Unread {
    type Output = Response;
    const WITHIN_REQUEST_LIMIT: bool = false;

    async fn read(&self, response: Response) -> Result<Response> {
        Ok(response)
    }
}

/// The one sender of requests.
pub(crate) struct Transport {
    http: reqwest::Client,
    proxies: Arc<Proxies>,
    observer: Option<Arc<dyn Observer>>,
    retry: RetryPolicy,
    times: TimeLimits,
    user_agent: HeaderValue,
    max_json_size: usize,
    cores: Cores,
}

impl Transport {
    /// `http` must ask `proxies` for the way of each request.
    pub(crate) fn new(
        http: reqwest::Client,
        proxies: Arc<Proxies>,
        observer: Option<Arc<dyn Observer>>,
        retry: RetryPolicy,
        times: TimeLimits,
        user_agent: HeaderValue,
        max_json_size: usize,
    ) -> Self {
        Self { http, proxies, observer, retry, times, user_agent, max_json_size, cores: Cores::all() }
    }

    /// Where signatures are made and files are opened.
    pub(crate) fn cores(&self) -> &Cores {
        &self.cores
    }

    pub(crate) fn times(&self) -> TimeLimits {
        self.times
    }

    pub(crate) fn max_json_size(&self) -> usize {
        self.max_json_size
    }

    /// Sends a request, again if the policy says so, and reads its answer. An
    /// answer that breaks off while being read counts as a failed attempt.
    pub(crate) async fn send<R: ReadAnswer>(
        &self,
        request: &Request,
        signer: Option<&Signer<'_>>,
        read: &R,
    ) -> Result<R::Output> {
        let span = tracing::info_span!(
            "digime",
            operation = request.operation.as_str(),
            attempt = field::Empty,
            status = field::Empty,
            bytes = field::Empty,
        );
        self.repeat(request, signer, read).instrument(span).await
    }

    async fn repeat<R: ReadAnswer>(
        &self,
        request: &Request,
        signer: Option<&Signer<'_>>,
        read: &R,
    ) -> Result<R::Output> {
        let mut made = 0;
        let mut waited = Duration::ZERO;
        loop {
            made += 1;
            Span::current().record("attempt", made);
            let error = match self.attempt(request, signer, read).await {
                Ok(output) => return Ok(output),
                Err(error) => error,
            };
            let repeatable = request.idempotent && error.is_retryable();
            let wait =
                repeatable.then(|| self.retry.wait_before_next(made, error.retry_after(), waited)).flatten();
            let Some(wait) = wait else {
                return Err(error
                    .with_operation(request.operation)
                    .at(request.endpoint())
                    .with_attempts(made));
            };
            tracing::debug!(kind = ?error.kind(), status = error.status(), ?wait, "trying again");
            waited += wait;
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt<R: ReadAnswer>(
        &self,
        request: &Request,
        signer: Option<&Signer<'_>>,
        read: &R,
    ) -> Result<R::Output> {
        let limit = match request.body.is_upload() {
            true => self.times.request.saturating_add(self.times.file),
            false => self.times.request,
        };
        if R::WITHIN_REQUEST_LIMIT {
            let whole = async {
                let response = self.answer_to(request, signer).await?;
                read.read(response).await
            };
            let whole = tokio::time::timeout(limit, whole).await;
            return whole.unwrap_or_else(|_| Err(failure::timed_out("the request", limit)));
        }
        let response = tokio::time::timeout(limit, self.answer_to(request, signer))
            .await
            .map_err(|_| failure::timed_out("the answer", limit))??;
        read.read(response).await
    }

    /// One attempt, up to the headers of a successful answer.
    async fn answer_to(&self, request: &Request, signer: Option<&Signer<'_>>) -> Result<Response> {
        let headers = self.headers_of(request, signer).await?;
        let watch = Watch::new(self.observer.as_ref());
        let (operation, method, url) = (request.operation, &request.method, &request.url);
        watch.tell(Event::Request { operation, method, url, headers: &headers });
        let proxy = self.proxies.name_for(url);
        let sending = self.http.request(method.clone(), url.clone()).headers(headers);
        let sending = match self.body_of(&request.body, &watch).await {
            Ok(Some(body)) => sending.body(body),
            Ok(None) => sending,
            Err(error) => {
                watch.end(Event::Broken(&error.to_string()));
                return Err(error);
            }
        };
        let inner = sending.send().await.map_err(|error| {
            let error = failure::network(error, "no answer", proxy.as_ref());
            watch.end(Event::Broken(&error.to_string()));
            error
        })?;
        let mut response = Response::new(inner, watch, self.times.read, proxy);
        let status = response.status();
        Span::current().record("status", status.as_u16());
        if status.is_success() {
            return Ok(response);
        }
        if status.is_redirection() || status.is_informational() {
            return Err(failure::redirect_answer(&request.url, status.as_u16(), response.headers()));
        }
        let headers = response.take_headers();
        let body = response.read_failure().await;
        let mut secrets = signer.map(Signer::secrets).unwrap_or_default();
        secrets.extend(request.secrets.iter().map(Secret::expose));
        Err(failure::refused(status.as_u16(), &headers, &body, &secrets))
    }

    async fn headers_of(&self, request: &Request, signer: Option<&Signer<'_>>) -> Result<HeaderMap> {
        let mut headers = request.headers.clone();
        headers.insert(ACCEPT, HeaderValue::from_static(request.accept));
        headers.insert(USER_AGENT, self.user_agent.clone());
        if let Some(signer) = signer {
            headers.insert(AUTHORIZATION, signer.authorization(&self.cores).await?);
        }
        if let Some(content_type) = request.content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        // A POST without a length is refused by some servers and proxies
        // (RFC 9110 §8.6 asks clients to send 0).
        if matches!(request.body, Body::Empty) && request.method == Method::POST {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(headers)
    }

    /// The body, its pieces observed as they are sent.
    async fn body_of(&self, body: &Body, watch: &Watch) -> Result<Option<reqwest::Body>> {
        if let Body::Json(bytes) = body {
            watch.tell(Event::RequestBody(bytes));
            return Ok(Some(bytes.clone().into()));
        }
        let Some(pieces) = body.open().await? else { return Ok(None) };
        let watch = watch.clone();
        Ok(Some(reqwest::Body::wrap_stream(pieces.inspect(move |piece| {
            if let Ok(piece) = piece {
                watch.tell(Event::RequestBody(piece));
            }
        }))))
    }
}

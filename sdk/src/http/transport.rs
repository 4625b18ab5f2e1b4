//! One way to send a request: sign, send, classify, wait and sign again, read
//! the answer within limits. Operations only describe themselves.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::Response;
use tracing::{Instrument, Span, field};
use url::Url;

use crate::error::{Error, Operation, Result};
use crate::http::body::Body;
use crate::http::endpoint;
use crate::http::failure;
use crate::http::jwt::Signer;
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

/// A request as an operation describes it.
pub(crate) struct Request {
    pub(crate) operation: Operation,
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// The path with `{names}` instead of values: all that errors show of it.
    pub(crate) template: &'static str,
    pub(crate) accept: &'static str,
    pub(crate) content_type: Option<&'static str>,
    /// Headers of this operation alone.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    /// Whether a failed attempt may be followed by another.
    pub(crate) idempotent: bool,
}

const JSON: &str = "application/json";
pub(crate) const BYTES: &str = "application/octet-stream";

impl Request {
    pub(crate) fn new(operation: Operation, method: Method, url: Url, template: &'static str) -> Self {
        let idempotent = is_idempotent(&method);
        Self {
            operation,
            method,
            url,
            template,
            accept: JSON,
            content_type: None,
            headers: HeaderMap::new(),
            body: Body::Empty,
            idempotent,
        }
    }

    /// Calls the request JSON although it has no body, as official clients do
    /// (protocol reference, http-api §1.2).
    pub(crate) fn json_type(mut self) -> Self {
        self.content_type = Some(JSON);
        self
    }

    /// Asks for bytes instead of JSON.
    pub(crate) fn for_bytes(mut self) -> Self {
        self.accept = BYTES;
        self
    }

    /// Adds a header; refuses values no header can have.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Result<Self> {
        let value = HeaderValue::try_from(value)
            .map_err(|_| Error::config(name, "has characters that no header may have"))?;
        self.headers.insert(name, value);
        Ok(self)
    }

    /// Adds an upload.
    pub(crate) fn upload(mut self, body: Body) -> Self {
        self.body = body;
        self.content_type = Some(BYTES);
        self
    }

    /// Declares a POST that only asks: it may be repeated.
    pub(crate) fn only_asks(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Adds a JSON body.
    pub(crate) fn json(mut self, body: &impl serde::Serialize) -> Result<Self> {
        let bytes = serde_json::to_vec(body)
            .map_err(|error| Error::config("options", format!("cannot be written ({error})")))?;
        self.body = Body::Json(Bytes::from(bytes));
        Ok(self.json_type())
    }

    fn endpoint(&self) -> String {
        format!("{} {}/…/{}", self.method, endpoint::origin(&self.url), self.template)
    }
}

/// How a successful answer is read.
pub(crate) trait ReadAnswer: Sync {
    /// What reading gives.
    type Output: Send;

    /// Whether [`TimeLimits::request`] covers the reading too.
    const WITHIN_REQUEST_LIMIT: bool;

    /// Reads the answer.
    fn read(
        &self,
        transport: &Transport,
        response: Response,
    ) -> impl Future<Output = Result<Self::Output>> + Send;
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

    async fn read(&self, transport: &Transport, mut response: Response) -> Result<Answer> {
        let limit = self.0;
        let headers = std::mem::take(response.headers_mut());
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(failure::too_large("the answer", limit as u64));
        }
        let mut body = Vec::new();
        while let Some(chunk) = transport.chunk(&mut response).await? {
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

    async fn read(&self, _: &Transport, response: Response) -> Result<Response> {
        Ok(response)
    }
}

/// The one sender of requests.
#[derive(Debug)]
pub(crate) struct Transport {
    http: reqwest::Client,
    retry: RetryPolicy,
    times: TimeLimits,
    user_agent: HeaderValue,
    max_json_size: usize,
}

impl Transport {
    pub(crate) fn new(
        http: reqwest::Client,
        retry: RetryPolicy,
        times: TimeLimits,
        user_agent: HeaderValue,
        max_json_size: usize,
    ) -> Self {
        Self { http, retry, times, user_agent, max_json_size }
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
                read.read(self, response).await
            };
            let whole = tokio::time::timeout(limit, whole).await;
            return whole.unwrap_or_else(|_| Err(failure::timed_out("the request", limit)));
        }
        let response = tokio::time::timeout(limit, self.answer_to(request, signer))
            .await
            .map_err(|_| failure::timed_out("the answer", limit))??;
        read.read(self, response).await
    }

    /// One attempt, up to the headers of a successful answer.
    async fn answer_to(&self, request: &Request, signer: Option<&Signer<'_>>) -> Result<Response> {
        let response = self
            .build(request, signer)
            .await?
            .send()
            .await
            .map_err(|error| failure::network(error, "no answer"))?;
        let status = response.status();
        Span::current().record("status", status.as_u16());
        if response.url() != &request.url {
            return Err(failure::redirected(status.as_u16(), Some(response.url())));
        }
        if status.is_success() {
            return Ok(response);
        }
        if status.is_redirection() || status.is_informational() {
            return Err(failure::redirect_answer(&request.url, &response));
        }
        let headers = response.headers().clone();
        let body = self.read_failure(response).await;
        let secrets = signer.map(Signer::secrets).unwrap_or_default();
        Err(failure::refused(status.as_u16(), &headers, &body, &secrets))
    }

    async fn build(&self, request: &Request, signer: Option<&Signer<'_>>) -> Result<reqwest::RequestBuilder> {
        let mut builder = self
            .http
            .request(request.method.clone(), request.url.clone())
            .header(ACCEPT, request.accept)
            .header(http::header::USER_AGENT, self.user_agent.clone())
            .headers(request.headers.clone());
        if let Some(signer) = signer {
            builder = builder.header(AUTHORIZATION, signer.authorization()?);
        }
        if let Some(content_type) = request.content_type {
            builder = builder.header(CONTENT_TYPE, content_type);
        }
        Ok(match request.body.open().await? {
            Some(body) => builder.body(body),
            None if request.method == Method::POST => builder.header(CONTENT_LENGTH, "0"),
            None => builder,
        })
    }

    /// The next piece of a body, within the idle limit.
    pub(crate) async fn chunk(&self, response: &mut Response) -> Result<Option<Bytes>> {
        match tokio::time::timeout(self.times.read, response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(error)) => Err(failure::network(error, "the answer broke off")),
            Err(_) => Err(failure::timed_out("more of the answer", self.times.read)),
        }
    }

    /// Up to 64 KiB of a failure's body. Whatever goes wrong while reading it,
    /// the status is already known and matters more.
    async fn read_failure(&self, mut response: Response) -> Vec<u8> {
        const CAP: usize = 64 * 1024;
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = self.chunk(&mut response).await {
            let room = CAP - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == CAP {
                break;
            }
        }
        body
    }
}

fn is_idempotent(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::PUT | Method::DELETE)
}

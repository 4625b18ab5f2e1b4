//! A request as an operation describes it.

use bytes::Bytes;
use http::Method;
use http::header::{HeaderMap, HeaderValue};
use url::Url;

use crate::crypto::secret::Secret;
use crate::error::{Error, Operation, Result};
use crate::http::body::Body;
use crate::http::endpoint;

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
    /// Secrets besides the token's, to blank out of whatever the server answers.
    pub(crate) secrets: Vec<Secret>,
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
            secrets: Vec::new(),
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

    /// Keeps a secret of its URL or headers out of errors.
    pub(crate) fn hiding(mut self, secret: &str) -> Self {
        self.secrets.push(Secret::new(secret));
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

    /// What errors show of the URL.
    pub(crate) fn endpoint(&self) -> String {
        format!("{} {}/…/{}", self.method, endpoint::origin(&self.url), self.template)
    }
}

fn is_idempotent(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::PUT | Method::DELETE)
}

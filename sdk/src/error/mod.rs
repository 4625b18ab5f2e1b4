//! The one error type of this crate.

mod api_error;
mod callback_error;
mod operation;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use api_error::{ApiError, ErrorCode};
pub use callback_error::CallbackErrorCode;
pub use operation::Operation;

/// What went wrong, for programs to branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting or argument is not acceptable; nothing was sent.
    Config,
    /// A private key could not be used.
    PrivateKey,
    /// The server could not be reached, or the connection broke.
    Transport,
    /// A connect, idle or total time limit passed.
    Timeout,
    /// The server refused the request; see [`Error::api`] and [`Error::status`].
    Api,
    /// The server answered with something no version of the protocol describes,
    /// such as a redirect.
    UnexpectedResponse,
    /// A token from the server failed verification; nothing of it was used.
    TokenRejected,
    /// A consent callback is malformed or contradicts itself.
    Callback,
    /// The user, or the consent page, did not grant access.
    ConsentDenied,
    /// The callback's `state` is not the one of this authorization.
    StateMismatch,
    /// The body of an upload could not be read, or was used up by an attempt
    /// the platform refused and cannot be sent again.
    Body,
    /// A file could not be decrypted. Deliberately without detail.
    Decrypt,
    /// A decrypted file is not what its compression label says.
    Decompress,
    /// The `x-metadata` header of a file is missing or wrong.
    Metadata,
    /// An answer or a file exceeds a configured limit.
    TooLarge,
    /// An answer is not the JSON the protocol describes.
    Decode,
    /// Access and refresh token are both dead: send the user to consent again.
    ReauthorizationRequired,
    /// The deadline of a read passed.
    Deadline,
    /// Work was abandoned, for example because the runtime shut down.
    Cancelled,
}

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any failure of this crate.
///
/// `Display` says what failed, why, and what to do; neither `Display` nor
/// `Debug` ever shows a key, token, code or session key. URLs appear as origin
/// and path template only.
///
/// ```
/// use digime::{Client, ErrorKind};
///
/// let error = Client::builder("app").api_url("ftp://api.example/").build().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Config);
/// assert!(error.to_string().contains("api_url"));
/// ```
#[derive(Clone, thiserror::Error)]
#[error("{inner}")]
pub struct Error {
    inner: Box<Inner>,
    #[source]
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    operation: Option<Operation>,
    what: String,
    advice: Option<String>,
    endpoint: Option<String>,
    status: Option<u16>,
    api: Option<ApiError>,
    body: Option<Arc<str>>,
    attempts: u32,
    declined: Option<CallbackErrorCode>,
    retry_after: Option<Duration>,
    retryable: bool,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                operation: None,
                what: what.into(),
                advice: None,
                endpoint: None,
                status: None,
                api: None,
                body: None,
                attempts: 0,
                declined: None,
                retry_after: None,
                retryable: matches!(kind, ErrorKind::Transport | ErrorKind::Timeout),
            }),
            source: None,
        }
    }

    pub(crate) fn config(field: &str, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Config, format!("{field}: {problem}"))
    }

    pub(crate) fn advice(mut self, advice: impl Into<String>) -> Self {
        self.inner.advice = Some(advice.into());
        self
    }

    pub(crate) fn with_operation(mut self, operation: Operation) -> Self {
        self.inner.operation.get_or_insert(operation);
        self
    }

    pub(crate) fn at(mut self, endpoint: impl Into<String>) -> Self {
        self.inner.endpoint.get_or_insert(endpoint.into());
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.inner.status = Some(status);
        self
    }

    pub(crate) fn with_api(mut self, api: ApiError) -> Self {
        self.inner.api = Some(api);
        self
    }

    pub(crate) fn with_body(mut self, body: &str) -> Self {
        self.inner.body = Some(Arc::from(body));
        self
    }

    pub(crate) fn with_declined(mut self, code: CallbackErrorCode) -> Self {
        self.inner.declined = Some(code);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.inner.attempts = attempts;
        self
    }

    pub(crate) fn with_retry_after(mut self, delay: Option<Duration>) -> Self {
        self.inner.retry_after = delay;
        self
    }

    pub(crate) fn retryable(mut self, retryable: bool) -> Self {
        self.inner.retryable = retryable;
        self
    }

    pub(crate) fn because(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The same failure, reported as the end of this user's tokens.
    pub(crate) fn into_reauthorization_required(mut self) -> Self {
        self.inner.kind = ErrorKind::ReauthorizationRequired;
        self.inner.retryable = false;
        self.inner.advice = Some(
            "the user's tokens are no longer valid: send the user to User::reauthorize_url or \
             Client::authorize_url"
                .to_owned(),
        );
        self
    }

    /// The same refusal, of a body that cannot be sent a second time.
    pub(crate) fn into_body_used_up(mut self) -> Self {
        self.inner.kind = ErrorKind::Body;
        self.inner.retryable = true;
        self.inner.advice = Some(
            "the access token was refused and has been refreshed, but the body is used up: call again \
             with a new one, or give bytes or a file, which can be sent twice"
                .to_owned(),
        );
        self
    }

    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The operation that failed, if the failure belongs to one.
    #[must_use]
    pub fn operation(&self) -> Option<Operation> {
        self.inner.operation
    }

    /// The platform's own error, if it sent one
    /// (protocol reference, errors §1).
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        self.inner.api.as_ref()
    }

    /// Why a consent page was not completed, for [`ErrorKind::ConsentDenied`]
    /// (protocol reference, consent-web §5.2).
    ///
    /// ```
    /// use digime::{CallbackErrorCode, CallbackResult};
    ///
    /// let callback = "success=false&state=s-1&errorCode=USER_CANCEL";
    /// let error = CallbackResult::parse(callback, "s-1").unwrap().into_code().unwrap_err();
    /// assert_eq!(error.declined(), Some(&CallbackErrorCode::UserCancel));
    /// ```
    #[must_use]
    pub fn declined(&self) -> Option<&CallbackErrorCode> {
        self.inner.declined.as_ref()
    }

    /// HTTP status of the answer that caused this failure.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// The first 64 KiB of a failure's body, as text. It is the server's and
    /// may repeat what was sent: do not log it unseen.
    #[must_use]
    pub fn response_body(&self) -> Option<&str> {
        self.inner.body.as_deref()
    }

    /// How many requests were made for the failed operation.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.inner.attempts
    }

    /// How long the server asked to wait (`Retry-After`), even if longer than
    /// the retry policy was willing to.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// Whether the same call may succeed later, unchanged.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.inner.retryable
    }

    /// Whether only a new consent of the user can help.
    #[must_use]
    pub fn needs_reauthorization(&self) -> bool {
        match self.kind() {
            ErrorKind::ReauthorizationRequired => true,
            ErrorKind::Body => false,
            _ => self.api().is_some_and(|api| api.code == ErrorCode::InvalidToken),
        }
    }

    /// 401 with `InvalidToken`, or 401 without an API error
    /// (protocol reference, README §7).
    pub(crate) fn calls_for_refresh(&self) -> bool {
        self.status() == Some(401) && self.api().is_none_or(|api| api.code == ErrorCode::InvalidToken)
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&self.what)?;
        if let Some(api) = &self.api {
            write!(f, ": {api}")?;
        }
        if let Some(endpoint) = &self.endpoint {
            write!(f, " ({endpoint}")?;
            match self.attempts {
                0 | 1 => f.write_str(")")?,
                attempts => write!(f, ", {attempts} attempts)")?,
            }
        }
        match &self.advice {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.inner.kind)
            .field("operation", &self.inner.operation)
            .field("status", &self.inner.status)
            .field("api", &self.inner.api)
            .field("message", &self.to_string())
            .finish_non_exhaustive()
    }
}

//! Why a request is refused: the one place that maps a failed check to the platform's codes.
//!
//! Codes and statuses: protocol reference, errors §3 and §7. Where the reference leaves a choice,
//! 401 is kept for what a client can cure by new credentials; everything else avoids 401, because
//! clients answer it with a token refresh.

use std::time::Duration;

pub use crate::operations::refusal_code::RefusalCode;

/// A refused request: what the client is told, and what only the journal is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The platform's error code.
    pub code: RefusalCode,
    /// What the client reads.
    pub message: String,
    /// What helps a developer; it goes to the verdict trace only.
    pub detail: String,
    /// When the client may ask again, if it is told.
    pub retry_after: Option<Duration>,
}

/// Which of the two tokens is refused; the platform names it in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `access_token`
    Access,
    /// `refresh_token`
    Refresh,
}

impl Refusal {
    /// A refusal with any code; the named constructors below are preferred.
    pub fn new(
        status: u16,
        code: RefusalCode,
        message: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self { status, code, message: message.into(), detail: detail.into(), retry_after: None }
    }

    /// The same, and the client is told when to ask again: the official clients wait as long as they are told.
    #[must_use]
    pub fn retry_after(self, after: Duration) -> Self {
        Self { retry_after: Some(after), ..self }
    }

    /// The JWT is missing, unreadable or not signed by the contract's key.
    pub fn invalid_jwt(message: &str, detail: impl Into<String>) -> Self {
        Self::new(401, RefusalCode::InvalidJwt, message, detail)
    }

    /// No contract of any sandbox has this `client_id`.
    pub fn invalid_client(client_id: &str) -> Self {
        Self::new(
            403,
            RefusalCode::InvalidClient,
            format!("The client_id ({client_id}) is invalid"),
            "client_id is \"<applicationId>_<contractId>\"; GET /__admin/credentials lists the known ones",
        )
    }

    /// A claim or parameter that has the wrong form.
    pub fn invalid_request(message: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(400, RefusalCode::InvalidRequest, message, detail)
    }

    /// A body, header or path parameter that cannot be understood.
    pub fn validation(detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(
            400,
            RefusalCode::ValidationErrors,
            format!("Parameter validation errors: {detail}"),
            detail,
        )
    }

    /// The callback is not registered for the contract.
    pub fn invalid_redirect_uri(uri: &str, detail: impl Into<String>) -> Self {
        Self::new(
            404,
            RefusalCode::InvalidRedirectUri,
            format!("The redirect_uri ({uri}) is invalid"),
            detail,
        )
    }

    /// The token is unknown, expired or another contract's.
    pub fn invalid_token(kind: TokenKind, detail: impl Into<String>) -> Self {
        let claim = match kind {
            TokenKind::Access => "access_token",
            TokenKind::Refresh => "refresh_token",
        };
        Self::new(401, RefusalCode::InvalidToken, format!("The token ({claim}) is invalid"), detail)
    }

    /// The authorization code or its verifier is wrong.
    pub fn invalid_grant(detail: impl Into<String>) -> Self {
        Self::new(
            400,
            RefusalCode::InvalidGrant,
            "The authorization code or code_verifier is invalid",
            detail,
        )
    }

    /// The contract's kind does not allow this operation at all.
    pub fn wrong_contract_kind(detail: impl Into<String>) -> Self {
        Self::new(
            400,
            RefusalCode::InvalidContractDataRequest,
            "The contract does not allow this request",
            detail,
        )
    }

    /// The scope asks for more than the contract covers.
    pub fn scope_out_of_bounds(detail: impl Into<String>) -> Self {
        Self::new(400, RefusalCode::ScopeOutOfBounds, "The requested scope exceeds the contract", detail)
    }

    /// A one-off contract asks for what only an ongoing one may do.
    pub fn insufficient_scope(detail: impl Into<String>) -> Self {
        Self::new(
            403,
            RefusalCode::InsufficientScope,
            "The request requires higher privileges than provided by the access token",
            detail,
        )
    }

    /// There is no such postbox for this contract and user. Which of the three it is that does not fit
    /// stays in the journal: a client must not learn which postboxes others have.
    pub fn postbox_not_found(detail: impl Into<String>) -> Self {
        Self::new(404, RefusalCode::PostboxNotFound, "There is no such postbox", detail)
    }

    /// The library has no such account.
    pub fn account_not_found(id: &str, known: &[&str]) -> Self {
        let detail = match known {
            [] => "the library has no accounts".to_owned(),
            known => format!("the library's accounts are {}", known.join(", ")),
        };
        Self::new(
            404,
            RefusalCode::AccountNotFound,
            format!("The account ({id}) is not in this library"),
            detail,
        )
    }

    /// More was sent than is taken.
    pub fn too_large(message: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(413, RefusalCode::ValidationErrors, message, detail)
    }

    /// The client paused for too long.
    pub fn too_slow(message: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(408, RefusalCode::ValidationErrors, message, detail)
    }

    /// There is no room for it just now: in memory, on the disk, among open files.
    pub fn no_room(message: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(503, RefusalCode::ServiceUnavailable, message, detail).retry_after(Duration::from_secs(1))
    }

    /// Something failed that never should: a defect of the server.
    pub fn defect(message: &str, error: &impl std::fmt::Display) -> Self {
        Self::new(500, RefusalCode::InternalServerError, message, error.to_string())
    }

    /// The session is unknown, expired, or another user's.
    pub fn invalid_session(detail: impl Into<String>) -> Self {
        Self::new(404, RefusalCode::SessionInvalid, "The session is invalid or has expired", detail)
    }

    /// The session has no such file, or not yet.
    pub fn file_not_found(name: &str, detail: impl Into<String>) -> Self {
        Self::new(404, RefusalCode::FileNotFound, format!("The file ({name}) is not in this session"), detail)
    }
}

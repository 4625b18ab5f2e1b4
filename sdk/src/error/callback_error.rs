//! The consent pages' own error codes (protocol reference, consent-web §5.2).

use std::fmt;

/// `errorCode` of a callback (protocol reference, consent-web §5.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallbackErrorCode {
    /// `INITIALIZE_CHECK_FAIL`: parameters did not pass the initial checks.
    InitializeCheckFail,
    /// `INVALID_CODE`: the authorization's code is unknown, expired or used.
    InvalidCode,
    /// `USER_CANCEL`: the user declined or closed the page.
    UserCancel,
    /// `ONBOARD_ERROR`: connecting the source failed.
    OnboardError,
    /// `SERVER_ERROR`: a server call of the page failed.
    ServerError,
    /// The callback gave no reason.
    Unspecified,
    /// A code this version does not know, as sent.
    Other(String),
}

impl CallbackErrorCode {
    /// The code as it is written in the callback; empty if there was none.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::InitializeCheckFail => "INITIALIZE_CHECK_FAIL",
            Self::InvalidCode => "INVALID_CODE",
            Self::UserCancel => "USER_CANCEL",
            Self::OnboardError => "ONBOARD_ERROR",
            Self::ServerError => "SERVER_ERROR",
            Self::Unspecified => "",
            Self::Other(code) => code,
        }
    }
}

impl From<&str> for CallbackErrorCode {
    fn from(code: &str) -> Self {
        match code {
            "INITIALIZE_CHECK_FAIL" => Self::InitializeCheckFail,
            "INVALID_CODE" => Self::InvalidCode,
            "USER_CANCEL" => Self::UserCancel,
            "ONBOARD_ERROR" => Self::OnboardError,
            "SERVER_ERROR" => Self::ServerError,
            "" => Self::Unspecified,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for CallbackErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unspecified => f.write_str("no reason given"),
            // Whatever is in a callback was chosen by whoever made the link.
            Self::Other(code) => write!(f, "{:?}", code.chars().take(100).collect::<String>()),
            known => f.write_str(known.as_str()),
        }
    }
}

//! The user's decision on a consent page, and the callback that it leads to.

use std::fmt;
use std::str::FromStr;

use super::library::Connection;
use super::redirect::with_parameters;

/// `errorCode` of a failed callback (protocol reference, consent-web §5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackErrorCode {
    /// The page's parameters did not pass the first checks.
    InitializeCheckFail,
    /// The code is unknown, expired or used.
    InvalidCode,
    /// The user declined or closed the page.
    UserCancel,
    /// Connecting the source failed.
    OnboardError,
    /// A server call made by the page failed.
    ServerError,
    /// Any other text, for a client that must cope with codes it does not know.
    Other(String),
}

impl fmt::Display for CallbackErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InitializeCheckFail => "INITIALIZE_CHECK_FAIL",
            Self::InvalidCode => "INVALID_CODE",
            Self::UserCancel => "USER_CANCEL",
            Self::OnboardError => "ONBOARD_ERROR",
            Self::ServerError => "SERVER_ERROR",
            Self::Other(code) => code,
        })
    }
}

impl FromStr for CallbackErrorCode {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = [
            Self::InitializeCheckFail,
            Self::InvalidCode,
            Self::UserCancel,
            Self::OnboardError,
            Self::ServerError,
        ];
        let found = known.into_iter().find(|code| code.to_string() == text);
        Ok(found.unwrap_or_else(|| Self::Other(text.to_owned())))
    }
}

/// What the user decides.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Consents.
    Approve {
        /// The source to connect; a write contract connects none.
        connection: Option<Connection>,
        /// Whether a data query runs right after (`triggerQuery`).
        trigger: bool,
    },
    /// Does not, or something goes wrong.
    Fail(CallbackErrorCode),
}

/// Why a page cannot be shown or decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsentProblem {
    /// No page has this code, so there is no callback to trust.
    UnknownCode,
    /// The page was decided or its code expired: the browser is sent back with `INVALID_CODE`.
    Closed {
        /// Where to.
        location: String,
    },
}

/// The callback of a failure. `state` is not documented here, but a client that started several
/// flows needs it to know which one failed.
pub(crate) fn failure_location(redirect_uri: &str, state: Option<&str>, code: &CallbackErrorCode) -> String {
    let code = code.to_string();
    let mut parameters = vec![("success", "false"), ("errorCode", code.as_str())];
    parameters.extend(state.map(|state| ("state", state)));
    with_parameters(redirect_uri, &parameters)
}

/// The callback of a success (protocol reference, consent-web §5.1).
pub(crate) fn success_location(
    redirect_uri: &str,
    state: Option<&str>,
    code: &str,
    account_reference: Option<&str>,
) -> String {
    let mut parameters = vec![("success", "true")];
    parameters.extend(state.map(|state| ("state", state)));
    parameters.push(("code", code));
    parameters.extend(account_reference.map(|reference| ("accountReference", reference)));
    with_parameters(redirect_uri, &parameters)
}

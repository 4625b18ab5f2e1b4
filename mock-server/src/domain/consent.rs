//! The user's decision on a consent page, and the callback that it leads to.

use std::fmt;
use std::str::FromStr;

use super::library::{AccountId, Connection};
use super::postbox::{PostboxKeys, PostboxRef};
use super::redirect::with_parameters;
use super::unavailable::Unavailable;

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

impl CallbackErrorCode {
    /// Those that are documented.
    pub(crate) const DOCUMENTED: [Self; 5] = [
        Self::InitializeCheckFail,
        Self::InvalidCode,
        Self::UserCancel,
        Self::OnboardError,
        Self::ServerError,
    ];
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
        let found = Self::DOCUMENTED.into_iter().find(|code| code.to_string() == text);
        Ok(found.unwrap_or_else(|| Self::Other(text.to_owned())))
    }
}

/// A page of the consent web client (protocol reference, consent-web §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// A contract's first consent.
    Authorize,
    /// Connects a further source.
    Onboard,
    /// Renews a user whose refresh token expired.
    UserReauth,
    /// Logs in at the source of one account again.
    Reauthorize,
    /// Withdraws the permission that a provider has.
    Revoke,
}

impl Page {
    const ALL: [Self; 5] =
        [Self::Authorize, Self::Onboard, Self::UserReauth, Self::Reauthorize, Self::Revoke];

    /// Its path below the consent web client.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Authorize => "/authorize",
            Self::Onboard => "/onboard",
            Self::UserReauth => "/user-reauth",
            Self::Reauthorize => "/reauthorize",
            Self::Revoke => "/revoke",
        }
    }

    /// The page at the end of this path.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        let last = path.trim_end_matches('/').rsplit('/').next()?;
        Self::ALL.into_iter().find(|page| page.path().trim_start_matches('/') == last)
    }
}

/// A page as its link opens it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageLink<'a> {
    /// The preauthorization or reference code.
    pub(crate) code: &'a str,
    /// The page.
    pub(crate) page: Page,
    /// Where clients of some years want to return to instead of the callback of the request: after a
    /// failure on the authorize page, in any case from a page that extends a library (protocol
    /// reference, legacy/js-5-to-12 §2 and §3). It must be registered for the contract.
    pub(crate) callback: Option<&'a str>,
}

impl<'a> PageLink<'a> {
    /// A link that names no callback.
    pub(crate) fn new(code: &'a str, page: Page) -> Self {
        Self { code, page, callback: None }
    }
}

/// What the user decides.
#[derive(Clone, Debug)]
pub(crate) enum Decision {
    /// Consents, on the authorize page, or connects a further source, on the onboard page.
    Connect {
        /// The sources to connect; a contract may do without.
        connections: Vec<Connection>,
        /// Whether a data query runs right after (`triggerQuery`).
        trigger: bool,
        /// The provisional storage that becomes this user's.
        storage: Option<String>,
        /// The keys of the postbox that the consent makes.
        postbox: Option<PostboxKeys>,
    },
    /// Consents again, on the user-reauth page.
    Renew {
        /// Whether a data query runs right after (`triggerQuery`).
        trigger: bool,
    },
    /// Logs in again at the source of an account, on the reauthorize page.
    LogIn(AccountId),
    /// Withdraws the permission, on the revoke page.
    Revoke,
    /// Does not, or something goes wrong.
    Fail(CallbackErrorCode),
}

/// Why a page cannot be shown or decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConsentProblem {
    /// No page has this code, so there is no callback to trust.
    UnknownCode,
    /// The page was decided, its code expired or opens another page, or the user is gone: the
    /// browser is sent back with `INVALID_CODE`.
    Closed {
        /// Where to.
        location: String,
    },
    /// The state cannot be reached just now.
    Unavailable(Unavailable),
}

/// The callback of a failure. `state` is not documented here, but a client that started several
/// flows needs it to know which one failed. The revoke page has parameters of its own, of which iOS reads
/// `errorCode` alone (protocol reference, consent-web §5.2 and §5.3).
pub(crate) fn failure_location(
    redirect_uri: &str,
    state: Option<&str>,
    code: &CallbackErrorCode,
    revokes: bool,
) -> String {
    let code = code.to_string();
    let mut parameters = match revokes {
        true => vec![("result", "failed"), ("errorCode", code.as_str()), ("error_message", code.as_str())],
        false => vec![("success", "false"), ("errorCode", code.as_str())],
    };
    parameters.extend(state.map(|state| ("state", state)));
    with_parameters(redirect_uri, &parameters)
}

/// What a successful callback carries besides `success=true` (protocol reference, consent-web §5.1).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Success<'a> {
    pub(crate) state: Option<&'a str>,
    pub(crate) code: Option<&'a str>,
    pub(crate) account_reference: Option<&'a str>,
    pub(crate) postbox: Option<&'a PostboxRef>,
}

/// The callback of a success.
pub(crate) fn success_location(redirect_uri: &str, success: Success<'_>) -> String {
    let mut parameters = vec![("success", "true")];
    parameters.extend(success.state.map(|state| ("state", state)));
    parameters.extend(success.code.map(|code| ("code", code)));
    parameters.extend(success.account_reference.map(|reference| ("accountReference", reference)));
    if let Some(postbox) = success.postbox {
        parameters.extend([("postboxId", postbox.id.as_str()), ("publicKey", postbox.public_pem.as_str())]);
    }
    with_parameters(redirect_uri, &parameters)
}

/// The callback of a permission that was revoked (protocol reference, consent-web §5.3).
pub(crate) fn revoked_location(redirect_uri: &str) -> String {
    with_parameters(redirect_uri, &[("result", "success")])
}

//! The consent callback: what the browser brings back
//! (protocol reference, consent-web §5).

use std::fmt;

use subtle::ConstantTimeEq;
use url::Url;
use url::form_urlencoded;

use crate::error::{CallbackErrorCode, Error, ErrorKind, Operation, Result};
use crate::ids::{AccountReference, AuthorizationCode};

/// Far more than any browser sends.
const MAX_LENGTH: usize = 64 * 1024;

/// Outcome of a consent, for applications that keep `state` and code verifier
/// themselves; others use [`crate::Authorization::callback`].
///
/// ```
/// use digime::CallbackResult;
///
/// let query = "success=true&state=s-1&code=c-1&accountReference=a-1";
/// let CallbackResult::Approved { code, account_reference } =
///     CallbackResult::parse(query, "s-1").unwrap()
/// else {
///     panic!("declined")
/// };
/// assert_eq!(code.expose(), "c-1");
/// assert_eq!(account_reference.unwrap().as_str(), "a-1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum CallbackResult {
    /// Access was granted.
    Approved {
        /// To be exchanged with [`crate::Client::exchange_code_for_token`].
        code: AuthorizationCode,
        /// Finds the new account in [`crate::User::read_accounts`].
        account_reference: Option<AccountReference>,
    },
    /// Access was not granted.
    Declined {
        /// Why not.
        error_code: CallbackErrorCode,
    },
}

impl CallbackResult {
    /// Reads a callback, given as whole URL, as path with query, or as bare query.
    ///
    /// `state` is compared, in constant time, before anything else is read; a
    /// callback without it is refused, a refusal included (RFC 9700 §4.7).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::StateMismatch`] if `state` is missing, repeated or another's;
    /// [`ErrorKind::Callback`] if the callback is malformed or contradicts itself.
    pub fn parse(url_or_query: &str, expected_state: &str) -> Result<Self> {
        let query = &query_of(url_or_query)?;
        check_state(query, expected_state)?;
        Self::read(query)
    }

    fn read(query: &str) -> Result<Self> {
        let code = single(query, "code")?;
        let error_code = single(query, "errorCode")?;
        match single(query, "success")?.as_deref() {
            Some("true") => match (code, error_code) {
                (Some(code), None) if !code.is_empty() => Ok(Self::Approved {
                    code: AuthorizationCode::new(code),
                    account_reference: single(query, "accountReference")?
                        .filter(|reference| !reference.is_empty())
                        .map(AccountReference::new),
                }),
                (_, Some(_)) => Err(malformed("it reports success and an error code")),
                (_, None) => Err(malformed("it reports success without a code")),
            },
            Some("false") if code.is_some() => Err(malformed("it reports failure and an authorization code")),
            Some("false") => Ok(Self::Declined {
                error_code: CallbackErrorCode::from(error_code.as_deref().unwrap_or_default()),
            }),
            Some(_) => Err(malformed("`success` is neither `true` nor `false`")),
            None => Err(malformed("it does not say `success`")),
        }
    }

    /// The authorization code, or the refusal as an error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ConsentDenied`] if access was not granted;
    /// [`Error::declined`] says why not.
    pub fn into_code(self) -> Result<AuthorizationCode> {
        self.approved().map(|(code, _)| code)
    }

    pub(crate) fn approved(self) -> Result<(AuthorizationCode, Option<AccountReference>)> {
        match self {
            Self::Approved { code, account_reference } => Ok((code, account_reference)),
            Self::Declined { error_code } => Err(declined("the user's consent was not given", error_code)),
        }
    }
}

/// A callback that says no.
pub(crate) fn declined(what: &str, code: CallbackErrorCode) -> Error {
    Error::new(ErrorKind::ConsentDenied, format!("{what}: {code}"))
        .with_operation(Operation::Callback)
        .with_declined(code)
}

/// The query of a callback given as whole URL, as path with query, or as bare query.
pub(crate) fn query_of(url_or_query: &str) -> Result<String> {
    if url_or_query.len() > MAX_LENGTH {
        return Err(malformed("it is longer than 64 KiB"));
    }
    Ok(match Url::parse(url_or_query) {
        Ok(url) => url.query().unwrap_or_default().to_owned(),
        Err(_) => bare_query(url_or_query).to_owned(),
    })
}

fn bare_query(text: &str) -> &str {
    let text = text.split('#').next().unwrap_or_default();
    match text.strip_prefix('?') {
        Some(query) => query,
        None if text.starts_with('/') => text.split_once('?').map_or("", |(_, query)| query),
        None => text,
    }
}

pub(crate) fn check_state(query: &str, expected: &str) -> Result<()> {
    let mut states = values(query, "state");
    match (states.next(), states.next()) {
        (None, _) => Err(mismatch("it has no `state`")),
        (Some(_), Some(_)) => Err(mismatch("it has more than one `state`")),
        (Some(state), None) => {
            let same: bool = state.as_bytes().ct_eq(expected.as_bytes()).into();
            if same && !expected.is_empty() { Ok(()) } else { Err(mismatch("its `state` is another one")) }
        }
    }
}

pub(crate) fn mismatch(what: &str) -> Error {
    Error::new(ErrorKind::StateMismatch, format!("the callback was refused: {what}"))
        .with_operation(Operation::Callback)
        .advice("it does not belong to this flow; nothing of it was used")
}

pub(crate) fn values<'a>(query: &'a str, name: &'a str) -> impl Iterator<Item = String> + 'a {
    form_urlencoded::parse(query.as_bytes())
        .filter(move |(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

pub(crate) fn single(query: &str, name: &str) -> Result<Option<String>> {
    let mut all = values(query, name);
    let first = all.next();
    match all.next() {
        Some(_) => Err(malformed(format!("it has more than one `{name}`"))),
        None => Ok(first),
    }
}

pub(crate) fn malformed(why: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Callback, format!("the callback is not acceptable: {why}"))
        .with_operation(Operation::Callback)
}

//! Callbacks of the flows that bring no authorization code: connecting a
//! source, logging in to an account again, revoking a permission
//! (protocol reference, consent-web §5).

use subtle::ConstantTimeEq;
use url::Url;
use url::form_urlencoded;

use crate::consent::callback::{check_state, malformed, mismatch, query_of, single};
use crate::error::{CallbackErrorCode, Error, ErrorKind, Operation, Result};
use crate::ids::AccountReference;

/// Outcome of a flow that concerns an account of a known user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum CallbackOutcome {
    /// The flow was completed.
    Succeeded {
        /// Finds the account in [`crate::User::read_accounts`], if the page gave it.
        account_reference: Option<AccountReference>,
    },
    /// The flow was not completed.
    Failed {
        /// Why not.
        error_code: CallbackErrorCode,
    },
}

impl CallbackOutcome {
    /// The account reference, or the failure as an error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ConsentDenied`] if the flow was not completed.
    pub fn into_result(self) -> Result<Option<AccountReference>> {
        match self {
            Self::Succeeded { account_reference } => Ok(account_reference),
            Self::Failed { error_code } => {
                let what = format!("the user did not complete the page: {error_code}");
                Err(Error::new(ErrorKind::ConsentDenied, what).with_operation(Operation::Callback))
            }
        }
    }

    /// A callback that answers a `state`. Unless `required`, it may be missing,
    /// but never be another one.
    pub(crate) fn with_state(url_or_query: &str, state: &str, required: bool) -> Result<Self> {
        let query = query_of(url_or_query)?;
        if required || single(&query, "state")?.is_some() {
            check_state(&query, state)?;
        }
        Self::read_success(&query)
    }

    /// A callback whose flow has no `state`: bound by the query of the callback URL.
    pub(crate) fn with_query_of(url_or_query: &str, callback: &str) -> Result<Self> {
        let query = query_of(url_or_query)?;
        check_own_query(&query, callback)?;
        Self::read_success(&query)
    }

    /// As [`CallbackOutcome::with_query_of`], in the words of the revoke page
    /// (consent-web §5.3).
    pub(crate) fn of_revocation(url_or_query: &str, callback: &str) -> Result<Self> {
        let query = query_of(url_or_query)?;
        check_own_query(&query, callback)?;
        let error_code = match single(&query, "errorCode")? {
            Some(code) => Some(code),
            None => single(&query, "error_message")?,
        };
        match single(&query, "result")?.as_deref() {
            Some("success") => Self::read("true", error_code, None),
            Some("failed") => Self::read("false", error_code, None),
            Some(_) => Err(malformed("`result` is neither `success` nor `failed`")),
            None => Err(malformed("it does not say `result`")),
        }
    }

    fn read_success(query: &str) -> Result<Self> {
        match single(query, "success")? {
            Some(success) => {
                Self::read(&success, single(query, "errorCode")?, single(query, "accountReference")?)
            }
            None => Err(malformed("it does not say `success`")),
        }
    }

    fn read(success: &str, error_code: Option<String>, reference: Option<String>) -> Result<Self> {
        match (success, error_code) {
            ("true", None) => Ok(Self::Succeeded {
                account_reference: reference
                    .filter(|reference| !reference.is_empty())
                    .map(AccountReference::new),
            }),
            ("true", Some(_)) => Err(malformed("it reports success and an error code")),
            ("false", code) => {
                let error_code = CallbackErrorCode::from(code.as_deref().unwrap_or_default());
                Ok(Self::Failed { error_code })
            }
            _ => Err(malformed("`success` is neither `true` nor `false`")),
        }
    }
}

/// The platform keeps the query of the callback URL, so whoever comes back with
/// another one did not start this flow. Some clients lower-case the keys
/// (consent-web §5.5).
fn check_own_query(query: &str, callback: &str) -> Result<()> {
    let callback = Url::parse(callback).ok();
    let own = callback.as_ref().and_then(Url::query).unwrap_or_default();
    for (key, _) in form_urlencoded::parse(own.as_bytes()) {
        let same: bool = values(query, &key).as_bytes().ct_eq(values(own, &key).as_bytes()).into();
        if !same {
            return Err(mismatch("it lacks the query of the callback URL it was started with"));
        }
    }
    Ok(())
}

/// All values of a key, joined by a character no decoded query needs.
fn values(query: &str, key: &str) -> String {
    form_urlencoded::parse(query.as_bytes())
        .filter(|(other, _)| other.eq_ignore_ascii_case(key))
        .map(|(_, value)| value.into_owned())
        .collect::<Vec<_>>()
        .join("\0")
}

//! Callbacks of the flows that bring no authorization code: connecting a
//! source, logging in to an account again, revoking a permission
//! (protocol reference, consent-web §5).

use subtle::ConstantTimeEq;
use url::Url;
use url::form_urlencoded;

use crate::consent::callback::{check_state, declined, malformed, mismatch, query_of, single};
use crate::error::{CallbackErrorCode, Result};
use crate::ids::AccountReference;

/// What a completed flow may give: finds the account in
/// [`crate::User::read_accounts`].
pub(crate) type Completed = Result<Option<AccountReference>>;

/// A callback that answers a `state`. Unless `required`, it may be missing,
/// but never be another one.
pub(crate) fn with_state(url_or_query: &str, state: &str, required: bool) -> Completed {
    let query = query_of(url_or_query)?;
    if required || single(&query, "state")?.is_some() {
        check_state(&query, state)?;
    }
    read_success(&query)
}

/// A callback whose flow has no `state`: bound by the query of the callback URL.
pub(crate) fn with_query_of(url_or_query: &str, callback: &str) -> Completed {
    let query = query_of(url_or_query)?;
    check_own_query(&query, callback)?;
    read_success(&query)
}

/// As [`with_query_of`], in the words of the revoke page
/// (consent-web §5.3).
pub(crate) fn of_revocation(url_or_query: &str, callback: &str) -> Completed {
    let query = query_of(url_or_query)?;
    check_own_query(&query, callback)?;
    let error_code = match single(&query, "errorCode")? {
        Some(code) => Some(code),
        None => single(&query, "error_message")?,
    };
    match single(&query, "result")?.as_deref() {
        Some("success") => read("true", error_code, None),
        Some("failed") => read("false", error_code, None),
        Some(_) => Err(malformed("`result` is neither `success` nor `failed`")),
        None => Err(malformed("it does not say `result`")),
    }
}

fn read_success(query: &str) -> Completed {
    match single(query, "success")? {
        Some(success) => read(&success, single(query, "errorCode")?, single(query, "accountReference")?),
        None => Err(malformed("it does not say `success`")),
    }
}

fn read(success: &str, error_code: Option<String>, reference: Option<String>) -> Completed {
    match (success, error_code) {
        ("true", None) => Ok(reference.filter(|reference| !reference.is_empty()).map(AccountReference::new)),
        ("true", Some(_)) => Err(malformed("it reports success and an error code")),
        ("false", code) => {
            let code = CallbackErrorCode::from(code.as_deref().unwrap_or_default());
            Err(declined("the user did not complete the page", code))
        }
        _ => Err(malformed("`success` is neither `true` nor `false`")),
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

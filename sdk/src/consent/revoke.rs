//! The page where a user withdraws a long-term permission
//! (protocol reference, http-api §5.5, consent-web §6).

use std::fmt;

use http::Method;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::client::user::User;
use crate::consent::account_callback;
use crate::consent::page_options::check_callback;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::http::endpoint;
use crate::http::request::Request;
use crate::ids::{AccountId, AccountReference, check_plain};

/// A page of the data provider. Send the browser to
/// [`PermissionRevocation::url`] and keep this value until the callback.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "the user must be sent to its URL, and the callback needs it"]
#[non_exhaustive]
pub struct PermissionRevocation {
    /// The page to send the user to.
    pub url: Url,
    callback_url: String,
}

impl PermissionRevocation {
    /// Reads the callback, given as whole URL, as path with query, or as bare
    /// query. There is no `state` in this flow; instead the callback must carry
    /// the query of the callback URL it was started with.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ConsentDenied`] if the flow was not completed;
    /// [`crate::Error::declined`] says why not.
    /// [`ErrorKind::StateMismatch`] if that query is missing or changed;
    /// [`ErrorKind::Callback`] if the callback is malformed or contradicts itself.
    pub fn callback(&self, url_or_query: &str) -> Result<Option<AccountReference>> {
        account_callback::of_revocation(url_or_query, &self.callback_url)
    }
}

impl fmt::Debug for PermissionRevocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermissionRevocation")
            .field("url", &endpoint::without_query(&self.url))
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Located {
    location: String,
}

impl User {
    /// Asks for the page where the user adjusts or withdraws the long-term
    /// permission of an account. Only MedMij accounts have one
    /// (protocol reference, http-api §5.5).
    ///
    /// `callback_url` is where the browser lands afterwards; an unguessable
    /// parameter in its query binds the callback to this call.
    ///
    /// # Errors
    ///
    /// As every operation of [`User`]; [`ErrorKind::UnexpectedResponse`] if the
    /// page is not a web page.
    ///
    /// ```no_run
    /// # async fn revoke(user: digime::User, callback: &str) -> Result<(), digime::Error> {
    /// let account = digime::AccountId::new("37_k3v9z");
    /// let revocation = user
    ///     .revoke_account_permission_url(&account, "https://app.example/revoked?flow=k81Jq0")
    ///     .await?;
    /// // … the browser goes to `revocation.url` and comes back with `callback` …
    /// revocation.callback(callback)?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn revoke_account_permission_url(
        &self,
        account: &AccountId,
        callback_url: impl Into<String>,
    ) -> Result<PermissionRevocation> {
        let operation = Operation::RevokeAccountPermission;
        let callback_url = callback_url.into();
        let request = check_plain("account_id", account.as_str())
            .and_then(|()| check_callback(&callback_url))
            .and_then(|()| self.revoke_request(account, &callback_url))
            .map_err(|error| error.with_operation(operation))?;
        let located: Located = self.json(&request).await?;
        let url = Url::parse(&located.location).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        match url {
            Some(url) => Ok(PermissionRevocation { url, callback_url }),
            None => Err(Error::new(ErrorKind::UnexpectedResponse, "the `location` is not a web page")
                .with_operation(operation)),
        }
    }

    fn revoke_request(&self, account: &AccountId, callback_url: &str) -> Result<Request> {
        // `h:accountId` is literal: the id travels in the header (http-api §1.3).
        let path = ["permission-access", "revoke", "h:accountId"];
        let template = "permission-access/revoke/h:accountId";
        Request::new(Operation::RevokeAccountPermission, Method::GET, self.client().api(&path)?, template)
            .header("accountId", account.as_str())?
            .header("redirectUri", callback_url)
    }
}

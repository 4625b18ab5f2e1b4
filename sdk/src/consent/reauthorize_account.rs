//! Logging in again to the source behind one account
//! (protocol reference, http-api §2.2–2.3, consent-web §4).

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::client::user::User;
use crate::consent::account_callback;
use crate::consent::page_options::{PageOptions, page_option_methods};
use crate::error::{Operation, Result};
use crate::http::endpoint;
use crate::http::jwt::Claims;
use crate::ids::{AccountId, AccountReference, check_plain};
use crate::read::session::Session;

/// Options of [`User::reauthorize_account_url`].
///
/// ```
/// use digime::ReauthorizeAccountOptions;
///
/// // The flow has no `state`; an unguessable parameter of your own binds the callback.
/// let options = ReauthorizeAccountOptions::new("https://app.example/return?flow=k81Jq0", "19_k3v9z")
///     .locale("nl");
/// ```
#[derive(Debug, Clone)]
pub struct ReauthorizeAccountOptions {
    page: PageOptions,
    account: AccountId,
}

impl ReauthorizeAccountOptions {
    /// `callback_url` must be registered with the contract and is sent exactly
    /// as given. `account` is that of an [`crate::AccountStatus`] whose error
    /// says `reauth`, or of [`User::read_accounts`].
    #[must_use]
    pub fn new(callback_url: impl Into<String>, account: impl Into<AccountId>) -> Self {
        Self { page: PageOptions::new(callback_url.into()), account: account.into() }
    }

    page_option_methods! { locale }
}

/// A started login to an account. Send the browser to
/// [`AccountReauthorization::url`] and keep this value until the callback.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "the user must be sent to its URL, and the callback needs it"]
#[non_exhaustive]
pub struct AccountReauthorization {
    /// The page to send the user to. It contains a single-use code: do not log it.
    pub url: Url,
    /// The session that reads what the account brings.
    pub session: Session,
    callback_url: String,
}

impl AccountReauthorization {
    /// Reads the callback, given as whole URL, as path with query, or as bare
    /// query. The platform gives no `state` in this flow; instead the callback
    /// must carry the query of the callback URL it was started with.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::ConsentDenied`] if the flow was not completed;
    /// [`crate::Error::declined`] says why not.
    /// [`crate::ErrorKind::StateMismatch`] if that query is missing or changed;
    /// [`crate::ErrorKind::Callback`] if the callback is malformed or contradicts
    /// itself.
    pub fn callback(&self, url_or_query: &str) -> Result<Option<AccountReference>> {
        account_callback::with_query_of(url_or_query, &self.callback_url)
    }
}

impl fmt::Debug for AccountReauthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountReauthorization")
            .field("url", &endpoint::without_query(&self.url))
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl User {
    /// Starts a new login to the source behind one account, for accounts whose
    /// sync says `reauth` (protocol reference, http-api §2.2).
    ///
    /// # Errors
    ///
    /// As [`User::onboard_service_url`].
    ///
    /// ```no_run
    /// # async fn login(user: digime::User, account: digime::AccountId, callback: &str)
    /// # -> Result<(), digime::Error> {
    /// let options =
    ///     digime::ReauthorizeAccountOptions::new("https://app.example/return?flow=k81Jq0", account);
    /// let started = user.reauthorize_account_url(options).await?;
    /// // … the browser goes to `started.url` and comes back with `callback` …
    /// started.callback(callback)?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn reauthorize_account_url(
        &self,
        options: ReauthorizeAccountOptions,
    ) -> Result<AccountReauthorization> {
        let operation = Operation::ReauthorizeAccount;
        let ReauthorizeAccountOptions { page, account } = options;
        page.check()
            .and_then(|()| check_plain("account_id", account.as_str()))
            .map_err(|error| error.with_operation(operation))?;
        let claims = Claims { redirect_uri: Some(&page.callback.0), ..Claims::default() };
        let started = self.reference_code(operation, &claims, None).await?;
        let reference = self.client().reference(self.contract(), "accountId", account.as_str()).await?;
        let mut parameters = vec![("accountRef", Cow::Owned(reference))];
        parameters.extend(page.locale_parameter());
        let url = self.client().page("reauthorize", &started.code, parameters)?;
        Ok(AccountReauthorization { url, session: started.session, callback_url: page.callback.0 })
    }
}

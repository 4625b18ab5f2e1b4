//! Connecting a further source to a user's library
//! (protocol reference, http-api §2.2, consent-web §3).

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::client::user::User;
use crate::consent::account_callback;
use crate::consent::page_options::{PageOptions, page_option_methods};
use crate::consent::state::State;
use crate::error::{Operation, Result};
use crate::http::endpoint;
use crate::http::jwt::Claims;
use crate::ids::AccountReference;
use crate::read::session::Session;

/// Options of [`User::onboard_service_url`].
///
/// ```
/// use digime::OnboardOptions;
///
/// let options = OnboardOptions::new("https://app.example/onboarded").service_id(16).locale("nl");
/// ```
#[derive(Debug, Clone)]
pub struct OnboardOptions {
    page: PageOptions,
}

impl OnboardOptions {
    /// `callback_url` must be registered with the contract; it is sent exactly as
    /// given, may have a query, and may use an app's own scheme.
    #[must_use]
    pub fn new(callback_url: impl Into<String>) -> Self {
        Self { page: PageOptions::new(callback_url.into()) }
    }

    page_option_methods! {
        state, session_options, service_id, source_type, sample_data, locale,
        include_sample_data_only_sources, trigger_query, sources_scope,
    }
}

/// A started connection of a source. Send the browser to [`Onboarding::url`] and
/// keep this value, where no other user can read it, until the callback.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "the user must be sent to its URL, and the callback needs it"]
#[non_exhaustive]
pub struct Onboarding {
    /// The page to send the user to. It contains a single-use code: do not log it.
    pub url: Url,
    /// Comes back with the callback.
    pub state: State,
    /// The session that reads what the source brings.
    pub session: Session,
}

impl Onboarding {
    /// Reads the callback, given as whole URL, as path with query, or as bare
    /// query. `state` is checked before all else. What comes back finds the new
    /// account in [`User::read_accounts`], if the page gave it.
    ///
    /// ```
    /// use digime::Onboarding;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let kept = r#"{"url":"https://api.digi.me/apps/saas/onboard?code=c","state":"s-1",
    ///                "session":{"key":"k","expiry":1767229200000}}"#;
    /// let onboarding: Onboarding = serde_json::from_str(kept)?;
    /// let account = onboarding.callback("/return?success=true&state=s-1&accountReference=a-1")?;
    /// assert_eq!(account.unwrap().as_str(), "a-1");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::ConsentDenied`] if the flow was not completed;
    /// [`crate::Error::declined`] says why not.
    /// [`crate::ErrorKind::StateMismatch`] if `state` is missing, repeated or
    /// another's; [`crate::ErrorKind::Callback`] if the callback is malformed or
    /// contradicts itself.
    pub fn callback(&self, url_or_query: &str) -> Result<Option<AccountReference>> {
        account_callback::with_state(url_or_query, self.state.expose(), true)
    }

    /// As [`Onboarding::callback`], for a platform that does not give `state`
    /// back from this flow: its documentation shows such a callback. A wrong
    /// `state` is still refused. Without one anybody could have made the link,
    /// so look into [`User::read_accounts`] for what was really connected.
    ///
    /// # Errors
    ///
    /// As [`Onboarding::callback`].
    pub fn callback_without_state(&self, url_or_query: &str) -> Result<Option<AccountReference>> {
        account_callback::with_state(url_or_query, self.state.expose(), false)
    }
}

impl fmt::Debug for Onboarding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Onboarding")
            .field("url", &endpoint::without_query(&self.url))
            .field("state", &self.state)
            .field("session", &self.session)
            .finish()
    }
}

impl User {
    /// Starts the connection of a source to this user's library
    /// (protocol reference, http-api §2.2).
    ///
    /// # Errors
    ///
    /// As every operation of [`User`]; [`crate::ErrorKind::Config`] for options
    /// that cannot be meant; [`crate::ErrorKind::TokenRejected`] if the answer's
    /// token fails verification. The request is repeated after a token refresh
    /// only.
    ///
    /// ```no_run
    /// # async fn connect(user: digime::User, callback: &str) -> Result<(), digime::Error> {
    /// let options = digime::OnboardOptions::new("https://app.example/onboarded").service_id(16);
    /// let onboarding = user.onboard_service_url(options).await?;
    /// // … the browser goes to `onboarding.url` and comes back with `callback` …
    /// onboarding.callback(callback)?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn onboard_service_url(&self, options: OnboardOptions) -> Result<Onboarding> {
        let operation = Operation::OnboardService;
        let page = options.page;
        page.check().map_err(|error| error.with_operation(operation))?;
        let state = page.state()?;
        let claims =
            Claims { redirect_uri: Some(&page.callback.0), state: Some(state.expose()), ..Claims::default() };
        let started = self.reference_code(operation, &claims, page.session.as_ref()).await?;
        let url = self.client().page("onboard", &started.code, page.connect_parameters(None)?)?;
        Ok(Onboarding { url, state, session: started.session })
    }
}

//! Renewing a user whose refresh token has expired
//! (protocol reference, http-api §2.2, consent-web §4).

use crate::client::user::User;
use crate::consent::authorize::Authorization;
use crate::consent::page_options::{PageOptions, page_option_methods};
use crate::error::{Operation, Result};
use crate::http::jwt::Claims;
use crate::http::transport::UpTo;
use crate::tokens::pkce::CodeVerifier;
use crate::tokens::token::MAX_TOKEN_ANSWER;

/// Options of [`User::reauthorize_url`].
///
/// ```
/// use digime::ReauthorizeOptions;
///
/// let options = ReauthorizeOptions::new("https://app.example/return").locale("nl");
/// ```
#[derive(Debug, Clone)]
pub struct ReauthorizeOptions {
    page: PageOptions,
}

impl ReauthorizeOptions {
    /// `callback_url` must be registered with the contract; it is sent exactly as
    /// given, may have a query, and may use an app's own scheme.
    #[must_use]
    pub fn new(callback_url: impl Into<String>) -> Self {
        Self { page: PageOptions::new(callback_url.into()) }
    }

    page_option_methods! { state, session_options, locale, trigger_query }
}

impl User {
    /// Starts the renewal of this user's token pair, once its refresh token is
    /// dead ([`crate::ErrorKind::ReauthorizationRequired`]). The library stays
    /// the same (protocol reference, consent-web §4).
    ///
    /// The access token may have expired, but must be one the platform knows. It
    /// is never refreshed here.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Api`] (with `InvalidToken` if the platform does not
    /// know the token: then only [`crate::Client::authorize_url`] helps);
    /// otherwise as [`crate::Client::authorize_url`].
    ///
    /// ```no_run
    /// # async fn renew(client: digime::Client, user: digime::User, callback: &str)
    /// # -> Result<digime::User, digime::Error> {
    /// let options = digime::ReauthorizeOptions::new("https://app.example/return");
    /// let authorization = user.reauthorize_url(options).await?;
    /// // … the browser goes to `authorization.url` and comes back with `callback` …
    /// let grant = authorization.callback(callback)?;
    /// client.connect(grant).await
    /// # }
    /// ```
    pub async fn reauthorize_url(&self, options: ReauthorizeOptions) -> Result<Authorization> {
        let operation = Operation::ReauthorizeUser;
        let page = options.page;
        page.check().map_err(|error| error.with_operation(operation))?;
        let state = page.state()?;
        let code_verifier = CodeVerifier::random()?;
        let challenge = code_verifier.challenge();
        let claims = Claims {
            code_challenge: Some(&challenge),
            code_challenge_method: Some("S256"),
            redirect_uri: Some(&page.callback.0),
            state: Some(state.expose()),
            ..Claims::default()
        };
        let request = self.reference_code_request(operation, page.session.as_ref())?;
        let answer = self.send_as_is(&claims, &request, &UpTo(MAX_TOKEN_ANSWER)).await?;
        let started = self.client().started(operation, &answer).await?;
        let url = self.client().page("user-reauth", &started.code, page.renew_parameters())?;
        let (session, contract) = (started.session, self.contract().clone());
        Ok(Authorization { url, state, code_verifier, session, contract })
    }
}

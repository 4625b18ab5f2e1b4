//! Consent on web pages, and sources connected later, in v1.6
//! (protocol reference, legacy/js-5-to-12 §2–4, legacy/endpoints §5, §11).

use http::Method;
use serde::Serialize;

use crate::client::agent::Agent;
use crate::consent::page_options::{CallbackUrl, Parameters};
use crate::consent::state::State;
use crate::crypto::random;
use crate::crypto::secret::Secret;
use crate::error::{Operation, Result};
use crate::http::jwt::Claims;
use crate::http::request::Request;
use crate::ids::SourceId;
use crate::legacy::callback::{Callback, Outcome};
use crate::legacy::client::{LegacyClient, parse};
use crate::legacy::consent::PendingConsent;
use crate::legacy::contract::{LegacyContract, check_callback};
use crate::legacy::generation::Generation;
use crate::legacy::link::Link;
use crate::legacy::refresh::Renewed;
use crate::legacy::session::{SessionRequest, WithSession};
use crate::read::session::Session;
use crate::tokens::token::UserAccessToken;

/// Options of [`LegacyClient::authorize`].
///
/// **Legacy**, v1.6; today [`crate::AuthorizeOptions`]
/// (protocol reference, legacy/js-5-to-12 §2, §4).
#[derive(Debug, Clone, Default)]
pub struct AuthorizeRequest {
    failure_callback: Option<CallbackUrl>,
    service: Option<SourceId>,
    token: Option<UserAccessToken>,
    session: SessionRequest,
}

impl AuthorizeRequest {
    /// A new user, everything the contract allows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the user comes back to after a failure. Default: the redirect URI, where
    /// successes go.
    #[must_use]
    pub fn failure_callback(mut self, url: impl Into<String>) -> Self {
        self.failure_callback = Some(CallbackUrl(url.into()));
        self
    }

    /// The source to connect, skipping the source picker.
    #[must_use]
    pub fn service_id(mut self, id: impl Into<SourceId>) -> Self {
        self.service = Some(id.into());
        self
    }

    /// Consents to a further contract for a known user.
    #[must_use]
    pub fn user_access_token(mut self, token: UserAccessToken) -> Self {
        self.token = Some(token);
        self
    }

    /// What the session started by the consent shall contain.
    #[must_use]
    pub fn session(mut self, request: SessionRequest) -> Self {
        self.session = request;
        self
    }
}

#[derive(Serialize)]
struct Body<'a> {
    agent: &'a Agent,
    actions: Actions<'a>,
}

#[derive(Serialize)]
struct Actions<'a> {
    pull: &'a SessionRequest,
}

/// A started connection of a source: send the user to its link.
///
/// **Legacy**, v1.6; today [`crate::Onboarding`]
/// (protocol reference, legacy/js-5-to-12 §3).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LegacyOnboarding {
    /// Where to send the user.
    pub link: Link,
    /// The session that will contain the source.
    pub session: Session,
}

impl LegacyOnboarding {
    /// Reads the callback. It has no `state`: put a value of your own into the
    /// callback URL and compare it.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Callback`] if it is malformed or contradicts itself.
    pub fn callback(&self, url_or_query: &str) -> Result<Outcome<()>> {
        Callback::read(Generation::V1_6, url_or_query, None, &self.session.key)?.outcome("")
    }
}

impl LegacyClient {
    /// Starts a consent on the web pages of the platform
    /// ([`crate::ClientBuilder::onboard_url`]).
    ///
    /// **Legacy**, v1.6; before [`LegacyClient::start_consent`], today
    /// [`crate::Client::authorize_url`] (protocol reference, legacy/endpoints §5,
    /// legacy/js-5-to-12 §2–4). The session can be read right after the consent,
    /// without a token.
    ///
    /// # Errors
    ///
    /// As [`LegacyClient::start_consent`].
    ///
    /// ```no_run
    /// use digime::legacy::{AuthorizeRequest, Generation, LegacyContract};
    /// use digime::ReadAllOptions;
    ///
    /// # async fn read(client: digime::Client, contract: LegacyContract, callback: &str)
    /// # -> Result<(), digime::Error> {
    /// let legacy = client.legacy(Generation::V1_6);
    /// let pending = legacy.authorize(&contract, AuthorizeRequest::new()).await?;
    /// // … the browser goes to `pending.link` and comes back with `callback` …
    /// let grant = pending.callback(callback)?.approved()?;
    /// let files = legacy.session_files(contract.contract(), &grant.session.key);
    /// let token = legacy.exchange(grant).await?;
    /// let all = files.read_all(ReadAllOptions::new()).collect_all().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn authorize(
        &self,
        contract: &LegacyContract,
        options: AuthorizeRequest,
    ) -> Result<PendingConsent> {
        self.check_pages("consent on web pages", "use `LegacyClient::start_consent`")?;
        let callback = match &options.failure_callback {
            Some(CallbackUrl(url)) => {
                check_callback("failure_callback", url)?;
                url.as_str()
            }
            None => contract.redirect_uri(),
        };
        let body = Body { agent: &self.client().shared().agent, actions: Actions { pull: &options.session } };
        let request = self.authorize_request()?.json(&body)?;
        let access_token = options.token.as_ref().map(|token| token.access_token.value.expose());
        let state = State::new(random::alphanumeric(32)?);
        let (preauthorization, answer) = self.preauthorize(contract, &request, state, access_token).await?;
        let WithSession { session } = parse(request.operation, &answer)?;
        let link = self.page("authorize", &preauthorization.code, callback, options.service)?;
        Ok(PendingConsent::new(self.generation(), contract, link, session, preauthorization))
    }

    /// Starts the connection of a further source to a user's library. If the
    /// platform refuses the access token, it is refreshed once.
    ///
    /// **Legacy**, v1.6; today [`crate::User::onboard_service_url`]
    /// (protocol reference, legacy/endpoints §11, legacy/js-5-to-12 §2–3).
    ///
    /// # Errors
    ///
    /// As [`LegacyClient::read_session`].
    pub async fn onboard_service(
        &self,
        contract: &LegacyContract,
        token: &UserAccessToken,
        callback_url: &str,
        service: SourceId,
    ) -> Result<Renewed<LegacyOnboarding>> {
        self.check_pages("page to connect sources", "there is none")?;
        check_callback("callback_url", callback_url)?;
        let operation = Operation::OnboardService;
        let url = self.url("api_url", &["oauth", "token", "reference"])?;
        let request = Request::new(operation, Method::POST, url, "oauth/token/reference").json_type();
        let answer = self.send_renewing(contract, token, Claims::default(), &request).await?;
        let code = self.code_of(operation, &answer.value).await?;
        let WithSession { session } = parse(operation, &answer.value)?;
        let link = self.page("onboard", &code, callback_url, Some(service))?;
        Ok(answer.with(LegacyOnboarding { link, session }))
    }

    fn page(&self, name: &str, code: &Secret, callback: &str, service: Option<SourceId>) -> Result<Link> {
        let mut parameters: Parameters<'_> = vec![("callback", callback.into())];
        parameters.extend(service.map(|service| ("service", service.to_string().into())));
        self.client().page(name, code, parameters).map(Link::new)
    }

    fn check_pages(&self, what: &str, instead: &str) -> Result<()> {
        self.generation().check(Generation::V1_6..=Generation::V1_6, what, instead)
    }
}

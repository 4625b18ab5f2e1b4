//! Ongoing consent: a preauthorization by the application, the user's consent, and
//! the grant that comes back (protocol reference, legacy/endpoints §5).

use http::Method;
use serde::{Deserialize, Serialize};

use crate::client::exchange::TokenAnswer;
use crate::consent::state::State;
use crate::crypto::random;
use crate::crypto::secret::Secret;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::http::jwt::Claims;
use crate::http::request::Request;
use crate::http::transport::Answer;
use crate::ids::{AuthorizationCode, ContractId};
use crate::legacy::callback::{Callback, Outcome};
use crate::legacy::client::{LegacyClient, parse};
use crate::legacy::contract::LegacyContract;
use crate::legacy::generation::Generation;
use crate::legacy::link::Link;
use crate::legacy::postbox::Postbox;
use crate::legacy::session::LegacySession;
use crate::read::session::Session;
use crate::tokens::pkce::CodeVerifier;

/// A started consent: send the user to [`PendingConsent::link`] and keep the rest
/// until the callback.
///
/// **Legacy**, v1.4 to v1.6; today [`crate::Authorization`]
/// (protocol reference, legacy/endpoints §5).
#[derive(Debug, Clone)]
#[must_use = "the user must be sent to its link, and the callback needs it"]
#[non_exhaustive]
pub struct PendingConsent {
    /// Where to send the user.
    pub link: Link,
    /// The session that becomes readable with the consent.
    pub session: Session,
    stored: StoredConsent,
    contract: LegacyContract,
}

impl PendingConsent {
    pub(crate) fn new(
        generation: Generation,
        contract: &LegacyContract,
        link: Link,
        session: Session,
        preauthorization: Preauthorization,
    ) -> Self {
        let stored = StoredConsent {
            generation,
            contract_id: contract.contract().id().clone(),
            state: preauthorization.state,
            code_verifier: preauthorization.code_verifier,
            session: session.clone(),
        };
        Self { link, session, stored, contract: contract.clone() }
    }

    /// Reads the callback: a whole URL, a path with query, or a bare query. `state`
    /// is compared in constant time, and demanded of every callback that is no plain
    /// refusal: the platform gives it back with successes only.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::StateMismatch`] if `state` is missing, repeated or another's, or
    /// if another session is named; [`ErrorKind::Callback`] if the callback is
    /// malformed or contradicts itself.
    pub fn callback(&self, url_or_query: &str) -> Result<Outcome<LegacyGrant>> {
        self.to_stored().callback(&self.contract, url_or_query)
    }

    /// As [`PendingConsent::callback`], of a consent that gives a postbox too: one
    /// from [`LegacyClient::start_postbox`], or of a write contract in v1.6.
    ///
    /// # Errors
    ///
    /// As [`PendingConsent::callback`]; [`ErrorKind::Callback`] too if the postbox or
    /// its key is missing or unusable.
    pub fn postbox_callback(&self, url_or_query: &str) -> Result<Outcome<PostboxGrant>> {
        self.to_stored().postbox_callback(&self.contract, url_or_query)
    }

    /// What is needed when the callback comes, in a form that can be stored.
    pub fn to_stored(&self) -> StoredConsent {
        self.stored.clone()
    }
}

/// A started consent without link and key, for a web application to keep between
/// link and callback.
///
/// **Legacy**, v1.4 to v1.6; today [`crate::StoredAuthorization`]. It serialises with
/// its secrets: keep it in the user's **server-side** session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "the callback needs it"]
#[non_exhaustive]
pub struct StoredConsent {
    /// The generation of the flow.
    pub generation: Generation,
    /// The contract the user was asked to consent to.
    pub contract_id: ContractId,
    /// Comes back with the callback.
    pub state: State,
    /// Needed to exchange the callback's code.
    pub code_verifier: CodeVerifier,
    /// The session that becomes readable with the consent.
    pub session: Session,
}

impl StoredConsent {
    /// As [`PendingConsent::callback`]. `contract` must be the one the consent was
    /// started for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] for another contract; otherwise as
    /// [`PendingConsent::callback`].
    pub fn callback(self, contract: &LegacyContract, url_or_query: &str) -> Result<Outcome<LegacyGrant>> {
        let callback = self.read(contract, url_or_query)?;
        callback.outcome("DATA_READY")?.try_map(|()| self.granted(contract, &callback))
    }

    /// As [`PendingConsent::postbox_callback`].
    ///
    /// # Errors
    ///
    /// As [`StoredConsent::callback`] and [`PendingConsent::postbox_callback`].
    pub fn postbox_callback(
        self,
        contract: &LegacyContract,
        url_or_query: &str,
    ) -> Result<Outcome<PostboxGrant>> {
        let callback = self.read(contract, url_or_query)?;
        callback.outcome("POSTBOX_READY")?.try_map(|()| {
            let postbox = callback.postbox()?;
            Ok(PostboxGrant { grant: self.granted(contract, &callback)?, postbox })
        })
    }

    fn read(&self, contract: &LegacyContract, url_or_query: &str) -> Result<Callback> {
        let given = contract.contract().id();
        if *given != self.contract_id {
            let problem = format!("is {given}, but the user consented to {}", self.contract_id);
            return Err(Error::config("contract", problem).with_operation(Operation::Callback));
        }
        Callback::read(self.generation, url_or_query, Some(self.state.expose()), &self.session.key)
    }

    fn granted(self, contract: &LegacyContract, callback: &Callback) -> Result<LegacyGrant> {
        let code = callback.code()?;
        let Self { session, code_verifier, .. } = self;
        Ok(LegacyGrant { session, code, code_verifier, contract: contract.clone() })
    }
}

/// What a user granted: a code, and what alone can exchange it, in one value.
///
/// **Legacy**, v1.4 to v1.6; today [`crate::Grant`]. Give it to
/// [`LegacyClient::exchange`].
#[derive(Debug)]
#[must_use = "a grant expires within minutes: exchange it with `LegacyClient::exchange`"]
#[non_exhaustive]
pub struct LegacyGrant {
    /// The session that can now be read.
    pub session: Session,
    pub(crate) code: AuthorizationCode,
    pub(crate) code_verifier: CodeVerifier,
    pub(crate) contract: LegacyContract,
}

/// What a user granted together with a postbox.
///
/// **Legacy**, v1.5 and v1.6; today [`crate::User::push_to_library`] needs no postbox.
#[derive(Debug)]
#[must_use = "a grant expires within minutes: exchange it with `LegacyClient::exchange`"]
#[non_exhaustive]
pub struct PostboxGrant {
    /// To be exchanged.
    pub grant: LegacyGrant,
    /// To be pushed to; it outlives the session.
    pub postbox: Postbox,
}

/// What the application made up and the server answered at the start of a consent.
pub(crate) struct Preauthorization {
    pub(crate) code: Secret,
    pub(crate) state: State,
    pub(crate) code_verifier: CodeVerifier,
}

#[derive(Deserialize)]
struct Code {
    #[serde(alias = "reference_code")]
    preauthorization_code: Secret,
}

impl LegacyClient {
    /// Starts a consent that lasts, given in the digi.me app.
    ///
    /// **Legacy**, v1.4 and v1.5; in v1.6 [`LegacyClient::authorize`], today
    /// [`crate::Client::authorize_url`] (protocol reference, legacy/endpoints §5,
    /// legacy/operations, "Ongoing read").
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] in other generations, [`ErrorKind::Api`],
    /// [`ErrorKind::TokenRejected`] if the answer's token fails verification,
    /// [`ErrorKind::Transport`], [`ErrorKind::Timeout`], [`ErrorKind::Decode`]. The
    /// request is never repeated automatically.
    ///
    /// ```no_run
    /// use digime::legacy::{LegacyClient, LegacyContract, LegacySession};
    /// use digime::UserAccessToken;
    ///
    /// # async fn consent(legacy: LegacyClient, contract: LegacyContract, session: LegacySession, callback: &str)
    /// # -> Result<UserAccessToken, digime::Error> {
    /// let pending = legacy.start_consent(&contract, &session).await?;
    /// // … the user follows `pending.link` and comes back with `callback` …
    /// let grant = pending.callback(callback)?.approved()?;
    /// legacy.exchange(grant).await
    /// # }
    /// ```
    pub async fn start_consent(
        &self,
        contract: &LegacyContract,
        session: &LegacySession,
    ) -> Result<PendingConsent> {
        let known = Generation::V1_4..=Generation::V1_5;
        self.generation().check(known, "ongoing consent by link", "use `LegacyClient::authorize` in v1.6")?;
        self.start_by_link("consent-access", contract, session).await
    }

    /// Starts a consent that lasts and gives a postbox, in the digi.me app.
    ///
    /// **Legacy**, v1.5; in v1.6 [`LegacyClient::authorize`] with a write contract,
    /// today [`crate::User::push_to_library`]
    /// (protocol reference, legacy/operations, "Ongoing push").
    ///
    /// # Errors
    ///
    /// As [`LegacyClient::start_consent`].
    pub async fn start_postbox(
        &self,
        contract: &LegacyContract,
        session: &LegacySession,
    ) -> Result<PendingConsent> {
        let known = Generation::V1_5..=Generation::V1_5;
        self.generation().check(known, "ongoing postbox by link", "use `LegacyClient::authorize` in v1.6")?;
        self.start_by_link("postbox/create", contract, session).await
    }

    async fn start_by_link(
        &self,
        path: &str,
        contract: &LegacyContract,
        session: &LegacySession,
    ) -> Result<PendingConsent> {
        let request = self.authorize_request()?;
        let state = State::new(random::alphanumeric(32)?);
        let (preauthorization, _) = self.preauthorize(contract, &request, state, None).await?;
        let code = preauthorization.code.expose();
        let link = self.ongoing_link(path, code, session, contract.redirect_uri())?;
        Ok(PendingConsent::new(self.generation(), contract, link, session.to_session(), preauthorization))
    }

    pub(crate) fn authorize_request(&self) -> Result<Request> {
        let url = self.url("api_url", &["oauth", "authorize"])?;
        Ok(Request::new(Operation::Authorize, Method::POST, url, "oauth/authorize"))
    }

    /// `POST oauth/authorize`, with a verifier of its own.
    pub(crate) async fn preauthorize(
        &self,
        contract: &LegacyContract,
        request: &Request,
        state: State,
        access_token: Option<&str>,
    ) -> Result<(Preauthorization, Answer)> {
        let code_verifier = CodeVerifier::random()?;
        let challenge = code_verifier.challenge();
        let claims = Claims {
            access_token,
            code_challenge: Some(&challenge),
            code_challenge_method: Some("S256"),
            redirect_uri: Some(contract.redirect_uri()),
            response_mode: Some("query"),
            response_type: Some("code"),
            state: Some(state.expose()),
            ..Claims::default()
        };
        let answer = self.send(request, Some(&self.signer(contract.contract(), claims))).await?;
        let code = self.code_of(request.operation, &answer).await?;
        Ok((Preauthorization { code, state, code_verifier }, answer))
    }

    /// The verified code of an answer.
    pub(crate) async fn code_of(&self, operation: Operation, answer: &Answer) -> Result<Secret> {
        let TokenAnswer { token } = parse(operation, answer)?;
        let code: Code = self.verified(operation, token.expose(), &answer.headers).await?;
        let code = code.preauthorization_code;
        match code.expose().is_empty() {
            true => {
                Err(Error::new(ErrorKind::Decode, "the server sent an empty code").with_operation(operation))
            }
            false => Ok(code),
        }
    }
}

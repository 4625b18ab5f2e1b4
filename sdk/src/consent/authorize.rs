//! Starting an authorization: the page to send the user to, and what must be
//! kept until the user comes back (protocol reference, http-api §2.1,
//! consent-web §2).

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::client::Client;
use crate::consent::authorize_options::AuthorizeOptions;
use crate::consent::callback::CallbackResult;
use crate::consent::grant::Grant;
use crate::consent::state::State;
use crate::contract::Contract;
use crate::error::{Error, Operation, Result};
use crate::http::endpoint;
use crate::http::jwt::Claims;
use crate::http::transport::UpTo;
use crate::ids::ContractId;
use crate::read::session::Session;
use crate::tokens::pkce::CodeVerifier;
use crate::tokens::token::MAX_TOKEN_ANSWER;

/// A started authorization: send the browser to [`Authorization::url`] and keep the
/// rest until the callback. It proves that the callback belongs to this user and
/// this login.
///
/// A program that waits for the callback itself keeps this value. A web application,
/// whose callback is another request, keeps [`Authorization::to_stored`].
#[derive(Clone)]
#[must_use = "the user must be sent to its URL, and the callback needs it"]
#[non_exhaustive]
pub struct Authorization {
    /// The consent page. It contains a single-use code: do not log it.
    pub url: Url,
    /// Comes back with the callback.
    pub state: State,
    /// Needed to exchange the callback's code.
    pub code_verifier: CodeVerifier,
    /// The session the consent starts; readable once the user has consented.
    pub session: Session,
    pub(crate) contract: Contract,
}

impl Authorization {
    /// Reads the callback of this authorization, given as whole URL, as path
    /// with query, or as bare query. `state` is checked before all else.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::ConsentDenied`] if access was not granted;
    /// [`crate::Error::declined`] says why not. Otherwise as
    /// [`CallbackResult::parse`].
    pub fn callback(&self, url_or_query: &str) -> Result<Grant> {
        self.to_stored().callback(&self.contract, url_or_query)
    }

    /// What is needed when the callback comes, in a form that can be stored.
    pub fn to_stored(&self) -> StoredAuthorization {
        StoredAuthorization {
            contract_id: self.contract.id().clone(),
            state: self.state.clone(),
            code_verifier: self.code_verifier.clone(),
            session: self.session.clone(),
        }
    }
}

/// A started authorization without URL and key, for a web application to keep
/// between redirect and callback.
///
/// It serialises with its secrets, so keep it in the user's **server-side** session,
/// where neither the user nor anybody else can read or replace it.
///
/// ```no_run
/// use digime::{Client, Contract, StoredAuthorization, User};
///
/// # async fn returned(client: Client, contract: Contract, kept: &str, callback: &str)
/// # -> Result<User, Box<dyn std::error::Error>> {
/// // … when the login began: kept = serde_json::to_string(&authorization.to_stored())?;
/// let stored: StoredAuthorization = serde_json::from_str(kept)?;
/// let grant = stored.callback(&contract, callback)?;
/// Ok(client.connect(grant).await?)
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "the callback needs it"]
#[non_exhaustive]
pub struct StoredAuthorization {
    /// The contract the user was asked to consent to.
    pub contract_id: ContractId,
    /// Comes back with the callback.
    pub state: State,
    /// Needed to exchange the callback's code.
    pub code_verifier: CodeVerifier,
    /// The session the consent starts.
    pub session: Session,
}

impl StoredAuthorization {
    /// As [`Authorization::callback`]. `contract` must be the one the authorization
    /// was started for.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Config`] for another contract; otherwise as
    /// [`Authorization::callback`].
    pub fn callback(self, contract: &Contract, url_or_query: &str) -> Result<Grant> {
        if *contract.id() != self.contract_id {
            let problem = format!("is {}, but the user consented to {}", contract.id(), self.contract_id);
            return Err(Error::config("contract", problem).with_operation(Operation::Callback));
        }
        let (code, account_reference) =
            CallbackResult::parse(url_or_query, self.state.expose())?.approved()?;
        Ok(Grant {
            session: self.session,
            account_reference,
            contract: contract.clone(),
            code,
            code_verifier: self.code_verifier,
        })
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = endpoint::without_query(&self.url);
        f.debug_struct("Authorization")
            .field("url", &shown)
            .field("state", &self.state)
            .field("code_verifier", &self.code_verifier)
            .field("session", &self.session)
            .field("contract", &self.contract)
            .finish()
    }
}

impl Client {
    /// Starts the authorization of a user, optionally connecting one source
    /// (protocol reference, http-api §2.1).
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Config`] for options that cannot be meant,
    /// [`crate::ErrorKind::Api`] (for example `InvalidRedirectUri`),
    /// [`crate::ErrorKind::TokenRejected`] if the answer's token fails verification,
    /// [`crate::ErrorKind::Transport`], [`crate::ErrorKind::Timeout`], [`crate::ErrorKind::Decode`].
    /// The request is never repeated automatically.
    pub async fn authorize_url(
        &self,
        contract: &Contract,
        options: AuthorizeOptions,
    ) -> Result<Authorization> {
        let operation = Operation::Authorize;
        options.check().map_err(|error| error.with_operation(operation))?;
        let state = options.page.state()?;
        let code_verifier = CodeVerifier::random()?;
        let challenge = code_verifier.challenge();
        let claims = Claims {
            access_token: options.token.as_ref().map(|token| token.access_token.value.expose()),
            code_challenge: Some(&challenge),
            code_challenge_method: Some("S256"),
            redirect_uri: Some(&options.page.callback.0),
            response_mode: Some("query"),
            response_type: Some("code"),
            state: Some(state.expose()),
            ..Claims::default()
        };
        let path: (&[_], _) = (&["oauth", "authorize"], "oauth/authorize");
        let request = self.start_request(operation, path, options.page.session.as_ref())?;
        let signer = self.signer(contract, claims);
        let answer = self.transport().send(&request, Some(&signer), &UpTo(MAX_TOKEN_ANSWER)).await?;
        let started = self.started(operation, &answer).await?;
        let storage = match &options.storage {
            Some(storage) => Some(self.reference(contract, "cloudId", storage.as_str()).await?),
            None => None,
        };
        let parameters = options.page.connect_parameters(storage.as_deref())?;
        Ok(Authorization {
            url: self.page("authorize", &started.code, parameters)?,
            state,
            code_verifier,
            session: started.session,
            contract: contract.clone(),
        })
    }
}

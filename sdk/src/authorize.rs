//! Starting an authorization: the page to send the user to, and what must be
//! kept until the user comes back (protocol reference, http-api §2.1,
//! consent-web §2).

use std::fmt;

use reqwest::{Method, Url};
use serde::{Deserialize, Serialize};

use crate::agent::Agent;
use crate::authorize_options::AuthorizeOptions;
use crate::callback::CallbackResult;
use crate::client::Client;
use crate::contract::Contract;
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::StorageId;
use crate::json;
use crate::jwt::Claims;
use crate::operation::Operation;
use crate::pkce::CodeVerifier;
use crate::random;
use crate::secret::{Secret, secret_newtype};
use crate::session::{Session, SessionOptions};
use crate::token::MAX_TOKEN_ANSWER;
use crate::transport::{Request, UpTo};

secret_newtype! {
    /// The `state` that binds a callback to its authorization.
    State
}

/// A started authorization.
///
/// Send the browser to [`Authorization::url`] and keep this value, in the user's
/// server-side session, until the callback: it holds what proves that the
/// callback belongs to this user and this login. It serialises with its
/// secrets (`state`, `codeVerifier`), so keep it where no other user can read it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
}

impl Authorization {
    /// Reads the callback of this authorization, given as whole URL, as path
    /// with query, or as bare query. `state` is checked before all else.
    ///
    /// # Errors
    ///
    /// As [`CallbackResult::parse`].
    pub fn callback(&self, url_or_query: &str) -> Result<CallbackResult> {
        CallbackResult::parse(url_or_query, self.state.expose())
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = format!("{}{}?[redacted]", endpoint::origin(&self.url), self.url.path());
        f.debug_struct("Authorization")
            .field("url", &shown)
            .field("state", &self.state)
            .field("code_verifier", &self.code_verifier)
            .field("session", &self.session)
            .finish()
    }
}

#[derive(Serialize)]
struct Body<'a> {
    agent: &'a Agent,
    #[serde(skip_serializing_if = "Option::is_none")]
    actions: Option<Actions<'a>>,
}

#[derive(Serialize)]
struct Actions<'a> {
    pull: &'a SessionOptions,
}

#[derive(Deserialize)]
struct Answer {
    token: Secret,
    session: Session,
}

#[derive(Deserialize)]
struct Preauthorization {
    preauthorization_code: Secret,
}

#[derive(Serialize)]
struct StorageReference<'a> {
    r#type: &'static str,
    value: &'a StorageId,
}

#[derive(Deserialize)]
struct ReferenceAnswer {
    id: String,
}

impl Client {
    /// Starts the authorization of a user, optionally connecting one source
    /// (protocol reference, http-api §2.1).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] for options that cannot be meant,
    /// [`ErrorKind::Api`] (for example `InvalidRedirectUri`),
    /// [`ErrorKind::TokenRejected`] if the answer's token fails verification,
    /// [`ErrorKind::Transport`], [`ErrorKind::Timeout`], [`ErrorKind::Decode`].
    /// The request is never repeated automatically.
    pub async fn authorize_url(
        &self,
        contract: &Contract,
        options: AuthorizeOptions,
    ) -> Result<Authorization> {
        let operation = Operation::Authorize;
        options.check().map_err(|error| error.with_operation(operation))?;
        let state = match &options.state {
            Some(state) => state.clone(),
            None => State::new(random::alphanumeric(32)?),
        };
        let code_verifier = CodeVerifier::random()?;
        let challenge = code_verifier.challenge();
        let claims = Claims {
            access_token: options.token.as_ref().map(|token| token.access_token.value.expose()),
            code_challenge: Some(&challenge),
            code_challenge_method: Some("S256"),
            redirect_uri: Some(&options.callback),
            response_mode: Some("query"),
            response_type: Some("code"),
            state: Some(state.expose()),
            ..Claims::default()
        };
        let body = Body {
            agent: &self.shared().agent,
            actions: options.session.as_ref().map(|pull| Actions { pull }),
        };
        let url = endpoint::append(&self.shared().api, "api_url", &["oauth", "authorize"])?;
        let request = Request::new(operation, Method::POST, url, "oauth/authorize").json(&body)?;
        let signer = self.signer(contract, claims);
        let sent = self.transport().send(&request, Some(&signer), &UpTo(MAX_TOKEN_ANSWER)).await?;
        let answer: Answer = json::parse(&sent.body).map_err(|error| error.with_operation(operation))?;
        let preauthorization: Preauthorization =
            self.verified(operation, answer.token.expose(), &sent.headers).await?;
        let storage = match &options.storage {
            Some(storage) => Some(self.storage_reference(contract, storage).await?),
            None => None,
        };
        let code = preauthorization.preauthorization_code.expose();
        if code.is_empty() {
            return Err(Error::new(ErrorKind::Decode, "the server sent no preauthorization code")
                .with_operation(operation));
        }
        Ok(Authorization {
            url: self.consent_page(code, &options, storage.as_deref())?,
            state,
            code_verifier,
            session: answer.session,
        })
    }

    /// Parameters in the order the consent page documents (consent-web §2).
    fn consent_page(&self, code: &str, options: &AuthorizeOptions, storage: Option<&str>) -> Result<Url> {
        let mut url = endpoint::append(&self.shared().onboard, "onboard_url", &["authorize"])?;
        url.query_pairs_mut().append_pair("code", code).extend_pairs(options.page_parameters(storage)?);
        Ok(url)
    }

    /// Makes a storage id presentable to the consent page (http-api §2.3).
    async fn storage_reference(&self, contract: &Contract, id: &StorageId) -> Result<String> {
        let operation = Operation::CreateReference;
        let url = endpoint::append(&self.shared().api, "api_url", &["reference"])?;
        let body = StorageReference { r#type: "cloudId", value: id };
        let request = Request::new(operation, Method::POST, url, "reference").json(&body)?;
        let signer = self.signer(contract, Claims::default());
        let sent = self.transport().send(&request, Some(&signer), &UpTo(MAX_TOKEN_ANSWER)).await?;
        let answer: ReferenceAnswer =
            json::parse(&sent.body).map_err(|error| error.with_operation(operation))?;
        Ok(answer.id)
    }
}

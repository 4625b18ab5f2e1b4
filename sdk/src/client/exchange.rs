//! Exchanging codes and refresh tokens for token pairs
//! (protocol reference, http-api §3.1).

use http::Method;
use http::header::HeaderMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::contract::Contract;
use crate::crypto::secret::Secret;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::http::json;
use crate::http::jwt::Claims;
use crate::http::request::Request;
use crate::http::transport::UpTo;
use crate::ids::AuthorizationCode;
use crate::tokens::pkce::CodeVerifier;
use crate::tokens::token::{MAX_TOKEN_ANSWER, Payload, UserAccessToken};

/// The answer of every request for a signed token.
#[derive(Deserialize)]
pub(crate) struct TokenAnswer {
    pub(crate) token: Secret,
}

pub(crate) fn no_refresh_token() -> Error {
    Error::new(ErrorKind::ReauthorizationRequired, "there is no refresh token")
        .with_operation(Operation::RefreshToken)
        .into_reauthorization_required()
}

/// The claims that exchange a code.
pub(crate) fn code_claims<'a>(
    code: &'a AuthorizationCode,
    code_verifier: Option<&'a CodeVerifier>,
) -> Claims<'a> {
    Claims {
        code: Some(code.expose()),
        code_verifier: code_verifier.map(CodeVerifier::expose),
        grant_type: Some("authorization_code"),
        ..Claims::default()
    }
}

/// The claims that exchange a refresh token.
///
/// # Errors
///
/// `ReauthorizationRequired` if there is none.
pub(crate) fn refresh_claims(token: &UserAccessToken) -> Result<Claims<'_>> {
    let refresh = token.refresh_token.value.expose();
    if refresh.is_empty() {
        return Err(no_refresh_token());
    }
    Ok(Claims { grant_type: Some("refresh_token"), refresh_token: Some(refresh), ..Claims::default() })
}

/// What a refresh came to: the new pair, completed from the old one, or the end of the consent.
pub(crate) fn refreshed(answer: Result<UserAccessToken>, old: &UserAccessToken) -> Result<UserAccessToken> {
    match answer {
        Ok(fresh) => Ok(fresh.completed_from(old)),
        Err(error) if error.needs_reauthorization() || refuses_grant(&error) => {
            Err(error.into_reauthorization_required())
        }
        Err(error) => Err(error),
    }
}

/// What else older servers say of a refresh token that is dead (protocol reference, errors §3,
/// legacy/errors §2); elsewhere the same codes mean a code.
fn refuses_grant(error: &Error) -> bool {
    let dead = ["InvalidGrant", "InvalidTokenType", "InvalidRefreshToken"];
    error.api().is_some_and(|api| dead.contains(&api.code.as_str()))
}

impl Client {
    /// Exchanges the authorization code of a callback for a token pair
    /// (protocol reference, http-api §3.1).
    ///
    /// A code works once; `code_verifier` is that of the [`crate::Authorization`]
    /// that led to the code.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`] (code wrong, used or expired), [`ErrorKind::TokenRejected`],
    /// [`ErrorKind::Transport`], [`ErrorKind::Timeout`], [`ErrorKind::Decode`].
    /// The request is never repeated automatically; dropping the future may lose the
    /// pair, so run it on a task of its own where callers may go away.
    pub async fn exchange_code_for_token(
        &self,
        contract: &Contract,
        code: AuthorizationCode,
        code_verifier: &CodeVerifier,
    ) -> Result<UserAccessToken> {
        let claims = code_claims(&code, Some(code_verifier));
        let request = self.token_request(Operation::ExchangeCode)?;
        self.obtain(&request, contract, claims).await
    }

    /// Exchanges a refresh token for a new pair, which is returned and handed to nobody
    /// else. [`crate::User`] does this by itself when the platform refuses an access
    /// token, tells [`crate::ClientBuilder::on_token`], and is not stopped by a caller
    /// that goes away.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ReauthorizationRequired`] if the refresh token is dead too;
    /// otherwise as [`Client::exchange_code_for_token`].
    pub async fn refresh_token(
        &self,
        contract: &Contract,
        token: &UserAccessToken,
    ) -> Result<UserAccessToken> {
        let claims = refresh_claims(token)?;
        let request = self.token_request(Operation::RefreshToken)?.json_type();
        refreshed(self.obtain(&request, contract, claims).await, token)
    }

    fn token_request(&self, operation: Operation) -> Result<Request> {
        let url = self.api(&["oauth", "token"])?;
        Ok(Request::new(operation, Method::POST, url, "oauth/token"))
    }

    async fn obtain(
        &self,
        request: &Request,
        contract: &Contract,
        claims: Claims<'_>,
    ) -> Result<UserAccessToken> {
        // A POST is sent once: if its answer is lost, nobody can tell whether the code or
        // refresh token, good for one use, has been used up.
        let signer = self.signer(contract, claims);
        let answer = self.transport().send(request, Some(&signer), &UpTo(MAX_TOKEN_ANSWER)).await?;
        let token = json::parse::<TokenAnswer>(&answer.body)
            .map_err(|error| error.with_operation(request.operation))?;
        let payload: Payload =
            self.verified(request.operation, token.token.expose(), &answer.headers).await?;
        payload.into_token().map_err(|error| error.with_operation(request.operation))
    }

    pub(crate) async fn verified<T: DeserializeOwned>(
        &self,
        operation: Operation,
        token: &str,
        headers: &HeaderMap,
    ) -> Result<T> {
        self.shared()
            .key_sets
            .verify(self.transport(), token, headers)
            .await
            .map_err(|error| error.with_operation(operation))
    }
}

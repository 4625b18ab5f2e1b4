//! Token pairs: exchanged, refreshed, and renewed while they are used
//! (protocol reference, legacy/endpoints §6, legacy/errors §5).

use http::Method;
use serde::Deserialize;

use crate::client::exchange::{TokenAnswer, code_claims, refresh_claims, refreshed};
use crate::error::{Error, Operation, Result};
use crate::http::jwt::Claims;
use crate::http::request::Request;
use crate::http::transport::Answer;
use crate::ids::{AuthorizationCode, UserId};
use crate::legacy::client::{LegacyClient, parse};
use crate::legacy::consent::LegacyGrant;
use crate::legacy::contract::LegacyContract;
use crate::legacy::generation::{Generation, WITH_TOKENS};
use crate::tokens::pkce::CodeVerifier;
use crate::tokens::token::{Payload, TokenUser, UserAccessToken};

/// The result of a call with a token, and the new token pair if the old one was
/// refused and refreshed.
///
/// **Legacy**, v1.4 to v1.6; today [`crate::User`] keeps the current pair
/// (protocol reference, legacy/errors §5).
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an updated token must be stored"]
#[non_exhaustive]
pub struct Renewed<T> {
    /// The result.
    pub value: T,
    /// The pair to use from now on, if it changed. Where the call fails after the refresh,
    /// [`crate::ClientBuilder::on_token`] alone has seen the pair.
    pub updated_token: Option<UserAccessToken>,
}

impl<T> Renewed<T> {
    pub(crate) fn with<U>(self, value: U) -> Renewed<U> {
        Renewed { value, updated_token: self.updated_token }
    }
}

/// A token's payload; before v1.7 the user may be named by `identifier` alone.
#[derive(Deserialize)]
struct LegacyPayload {
    #[serde(flatten)]
    payload: Payload,
    #[serde(default)]
    identifier: Option<Identifier>,
}

#[derive(Deserialize)]
struct Identifier {
    #[serde(default)]
    id: Option<UserId>,
}

impl LegacyClient {
    /// Exchanges what a user granted for a token pair.
    ///
    /// **Legacy**, v1.4 to v1.6; today [`crate::Client::connect`]
    /// (protocol reference, legacy/endpoints §6). Flat pairs of v1.4 and v1.5 and
    /// nested ones of v1.6 are read alike; a flat one does not tell when its refresh
    /// token expires.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Api`] (code wrong, used or expired),
    /// [`crate::ErrorKind::TokenRejected`], [`crate::ErrorKind::Transport`],
    /// [`crate::ErrorKind::Timeout`], [`crate::ErrorKind::Decode`]. The request is never
    /// repeated automatically.
    pub async fn exchange(&self, grant: LegacyGrant) -> Result<UserAccessToken> {
        self.exchange_code(&grant.contract, &grant.code, Some(&grant.code_verifier)).await
    }

    /// Exchanges a code that the application kept itself. `v1.4` and `v1.5` do
    /// without a verifier, if the authorization had none.
    ///
    /// **Legacy**, v1.4 to v1.6; today [`crate::Client::exchange_code_for_token`]
    /// (protocol reference, legacy/endpoints §6).
    ///
    /// # Errors
    ///
    /// As [`LegacyClient::exchange`]; [`crate::ErrorKind::Config`] without a verifier in v1.6.
    pub async fn exchange_code(
        &self,
        contract: &LegacyContract,
        code: &AuthorizationCode,
        code_verifier: Option<&CodeVerifier>,
    ) -> Result<UserAccessToken> {
        if code_verifier.is_none() && self.generation() >= Generation::V1_6 {
            return Err(Error::config("code_verifier", "is needed from v1.6 on"));
        }
        let claims = code_claims(code, code_verifier);
        self.obtain(&self.token_request(Operation::ExchangeCode)?, contract, claims).await
    }

    /// Exchanges a refresh token for a new pair.
    ///
    /// **Legacy**, v1.4 to v1.6; today [`crate::User`] does so by itself
    /// (protocol reference, legacy/endpoints §6).
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::ReauthorizationRequired`] if the refresh token is dead too;
    /// otherwise as [`LegacyClient::exchange`].
    pub async fn refresh(
        &self,
        contract: &LegacyContract,
        token: &UserAccessToken,
    ) -> Result<UserAccessToken> {
        let claims = refresh_claims(token)?;
        let request = self.token_request(Operation::RefreshToken)?.json_type();
        refreshed(self.obtain(&request, contract, claims).await, token)
    }

    /// Sends a request with the access token, and once more with a new one if the
    /// platform refuses it. Calls with the same pair share that.
    pub(crate) async fn send_renewing(
        &self,
        contract: &LegacyContract,
        token: &UserAccessToken,
        claims: Claims<'_>,
        request: &Request,
    ) -> Result<Renewed<Answer>> {
        let pair = self.in_use(contract, token);
        let refused = match self.send_with(contract, token, &claims, request).await {
            Err(error) if error.calls_for_refresh() => error,
            settled => return Ok(Renewed { value: settled?, updated_token: None }),
        };
        tracing::debug!(operation = ?refused.operation(), "access token refused, refreshing");
        let fresh = self.refresh_and_tell(contract, token, pair).await?;
        let again = self.send_with(contract, &fresh, &claims, request).await;
        let value = again.map_err(|error| match error.calls_for_refresh() {
            // Another refresh would go round in circles.
            true => error.into_reauthorization_required(),
            false => error,
        })?;
        Ok(Renewed { value, updated_token: Some(fresh) })
    }

    async fn send_with(
        &self,
        contract: &LegacyContract,
        token: &UserAccessToken,
        claims: &Claims<'_>,
        request: &Request,
    ) -> Result<Answer> {
        let claims = Claims {
            access_token: Some(token.access_token.value.expose()),
            redirect_uri: Some(contract.redirect_uri()),
            ..claims.clone()
        };
        self.send(request, Some(&self.signer(contract.contract(), claims))).await
    }

    fn token_request(&self, operation: Operation) -> Result<Request> {
        self.generation().check(WITH_TOKENS, "tokens", "older consents are for one session")?;
        let url = self.url("api_url", &["oauth", "token"])?;
        Ok(Request::new(operation, Method::POST, url, "oauth/token"))
    }

    async fn obtain(
        &self,
        request: &Request,
        contract: &LegacyContract,
        claims: Claims<'_>,
    ) -> Result<UserAccessToken> {
        let operation = request.operation;
        let claims = Claims { redirect_uri: Some(contract.redirect_uri()), ..claims };
        let answer = self.send(request, Some(&self.signer(contract.contract(), claims))).await?;
        let TokenAnswer { token } = parse(operation, &answer)?;
        let LegacyPayload { payload, identifier } =
            self.verified(operation, token.expose(), &answer.headers).await?;
        let mut token = payload.into_token().map_err(|error| error.with_operation(operation))?;
        if token.user.is_none()
            && let Some(id) = identifier.and_then(|identifier| identifier.id)
        {
            token.user = Some(TokenUser { id: Some(id) });
        }
        Ok(token)
    }
}

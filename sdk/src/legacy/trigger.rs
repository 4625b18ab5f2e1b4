//! Reading again without the user: a session is made readable with a token, or made
//! by it (protocol reference, legacy/endpoints §8), and a user's deletion (§12).

use http::Method;

use crate::error::{Operation, Result};
use crate::http::jwt::Claims;
use crate::http::request::Request;
use crate::ids::SessionKey;
use crate::legacy::client::{LegacyClient, parse};
use crate::legacy::contract::LegacyContract;
use crate::legacy::generation::Generation;
use crate::legacy::refresh::Renewed;
use crate::legacy::session::{SessionRequest, WithSession};
use crate::read::session::Session;
use crate::tokens::token::UserAccessToken;

impl LegacyClient {
    /// Makes an established session readable with a token instead of the user. If the
    /// platform refuses the access token, it is refreshed once; the new pair goes to
    /// [`crate::ClientBuilder::on_token`] before its first use, and comes back.
    ///
    /// **Legacy**, v1.4 and v1.5; in v1.6 [`LegacyClient::read_session`], today
    /// [`crate::User::read_session`] (protocol reference, legacy/endpoints §8).
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::ReauthorizationRequired`] if both tokens are dead,
    /// [`crate::ErrorKind::Config`] in other generations, [`crate::ErrorKind::Api`],
    /// [`crate::ErrorKind::Transport`], [`crate::ErrorKind::Timeout`],
    /// [`crate::ErrorKind::Decode`].
    ///
    /// ```no_run
    /// use digime::UserAccessToken;
    /// use digime::legacy::{LegacyClient, LegacyContract, SessionRequest};
    ///
    /// # async fn again(legacy: LegacyClient, contract: LegacyContract, token: UserAccessToken)
    /// # -> Result<(), digime::Error> {
    /// let session = legacy.establish_session(contract.contract(), SessionRequest::new()).await?;
    /// let prepared = legacy.prepare_files(&contract, &token, &session.session_key).await?;
    /// if let Some(token) = prepared.updated_token {
    ///     // store `token`
    /// }
    /// let files = legacy.session_files(contract.contract(), &session.session_key);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn prepare_files(
        &self,
        contract: &LegacyContract,
        token: &UserAccessToken,
        session: &SessionKey,
    ) -> Result<Renewed<()>> {
        let known = Generation::V1_4..=Generation::V1_5;
        self.generation().check(known, "trigger of a session", "use `LegacyClient::read_session` in v1.6")?;
        let claims = Claims { session_key: Some(session.expose()), ..Claims::default() };
        let request = self.trigger_request()?.json_type();
        let answer = self.send_renewing(contract, token, claims, &request).await?;
        Ok(answer.with(()))
    }

    /// Starts a session with a token. If the platform refuses the access token, it is
    /// refreshed once, as by [`LegacyClient::prepare_files`].
    ///
    /// **Legacy**, v1.6; before [`LegacyClient::prepare_files`], today
    /// [`crate::User::read_session`] (protocol reference, legacy/endpoints §8).
    ///
    /// # Errors
    ///
    /// As [`LegacyClient::prepare_files`].
    pub async fn read_session(
        &self,
        contract: &LegacyContract,
        token: &UserAccessToken,
        request: SessionRequest,
    ) -> Result<Renewed<Session>> {
        let known = Generation::V1_6..=Generation::V1_6;
        self.generation().check(known, "trigger without a session", "use `LegacyClient::prepare_files`")?;
        let request = self.trigger_request()?.json(&request)?;
        let answer = self.send_renewing(contract, token, Claims::default(), &request).await?;
        let WithSession { session } = parse(request.operation, &answer.value)?;
        Ok(answer.with(session))
    }

    /// Deletes the user's library. If the platform refuses the access token, it is
    /// refreshed once.
    ///
    /// **Legacy**, v1.6; today [`crate::User::delete`]
    /// (protocol reference, legacy/endpoints §12).
    ///
    /// # Errors
    ///
    /// As [`LegacyClient::prepare_files`].
    pub async fn delete_user(
        &self,
        contract: &LegacyContract,
        token: &UserAccessToken,
    ) -> Result<Renewed<()>> {
        let known = Generation::V1_6..=Generation::V1_6;
        self.generation().check(known, "deletion of users", "there is none")?;
        let url = self.url("api_url", &["user"])?;
        let request = Request::new(Operation::DeleteUser, Method::DELETE, url, "user");
        let answer = self.send_renewing(contract, token, Claims::default(), &request).await?;
        Ok(answer.with(()))
    }

    fn trigger_request(&self) -> Result<Request> {
        let url = self.url("api_url", &["permission-access", "trigger"])?;
        Ok(Request::new(Operation::ReadSession, Method::POST, url, "permission-access/trigger"))
    }
}

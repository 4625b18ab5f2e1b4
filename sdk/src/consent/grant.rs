//! From a callback to a user: what a consent granted, and its exchange for tokens.

use crate::client::Client;
use crate::client::user::User;
use crate::contract::Contract;
use crate::error::Result;
use crate::ids::{AccountReference, AuthorizationCode};
use crate::read::session::Session;
use crate::tokens::pkce::CodeVerifier;

/// What a user granted: a code, together with the contract and the code verifier
/// that alone can exchange it, and the session the consent started.
///
/// It comes from [`crate::Authorization::callback`] and goes to [`Client::connect`].
/// The platform accepts a code once, so a grant cannot be copied.
#[derive(Debug)]
#[must_use = "a grant expires within minutes: exchange it with `Client::connect`"]
#[non_exhaustive]
pub struct Grant {
    /// The session the consent started: what the user shared is read with its key.
    pub session: Session,
    /// Finds the account that was connected in [`User::read_accounts`], if one was.
    pub account_reference: Option<AccountReference>,
    pub(crate) contract: Contract,
    pub(crate) code: AuthorizationCode,
    pub(crate) code_verifier: CodeVerifier,
}

impl Client {
    /// Exchanges a grant for a token pair and binds it: the user is connected
    /// (protocol reference, http-api §3.1).
    ///
    /// Store [`User::token`] now; later [`Client::user`] makes the same handle of it.
    ///
    /// # Errors
    ///
    /// As [`Client::exchange_code_for_token`].
    ///
    /// ```no_run
    /// # async fn finish(client: digime::Client, authorization: digime::Authorization, callback: &str)
    /// # -> Result<(), digime::Error> {
    /// let grant = authorization.callback(callback)?;
    /// let session = grant.session.clone();
    /// let user = client.connect(grant).await?;
    /// let list = user.read_file_list(&session.key).await?;
    /// # let _ = list;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(&self, grant: Grant) -> Result<User> {
        let Grant { contract, code, code_verifier, .. } = grant;
        let token = self.exchange_code_for_token(&contract, code, &code_verifier).await?;
        Ok(self.user(&contract, token))
    }
}

//! Deleting a user's library, or one account of it
//! (protocol reference, http-api §5.3–5.4).

use http::Method;

use crate::client::user::User;
use crate::error::{Operation, Result};
use crate::http::request::Request;
use crate::ids::{AccountId, check_plain};

impl User {
    /// Deletes the user's whole library. There is no way back; the tokens are
    /// worth nothing afterwards (protocol reference, http-api §5.3).
    ///
    /// # Errors
    ///
    /// As every operation of [`User`]. If an answer was lost and the request
    /// repeated, the platform may not know the user any more: then an
    /// `InvalidToken` means that the library is gone.
    ///
    /// ```no_run
    /// # async fn leave(user: digime::User) -> Result<(), digime::Error> {
    /// user.delete().await
    /// # }
    /// ```
    pub async fn delete(&self) -> Result<()> {
        let url = self.client().api(&["user"])?;
        self.answer(&Request::new(Operation::DeleteUser, Method::DELETE, url, "user")).await?;
        Ok(())
    }

    /// Removes one account, and with it the data of its source, from the
    /// library (protocol reference, http-api §5.4).
    ///
    /// # Errors
    ///
    /// As every operation of [`User`].
    ///
    /// ```no_run
    /// # async fn clean(user: digime::User) -> Result<(), digime::Error> {
    /// for account in user.read_accounts().await? {
    ///     if account.sample == Some(true) {
    ///         user.delete_account(&account.id).await?;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete_account(&self, account: &AccountId) -> Result<()> {
        let request = self
            .delete_account_request(account)
            .map_err(|error| error.with_operation(Operation::DeleteAccount))?;
        self.answer(&request).await?;
        Ok(())
    }

    fn delete_account_request(&self, account: &AccountId) -> Result<Request> {
        check_plain("account_id", account.as_str())?;
        // `h:accountId` is literal: the id travels in the header (http-api §1.3).
        let url = self.client().api(&["permission-access", "service", "h:accountId"])?;
        let template = "permission-access/service/h:accountId";
        Request::new(Operation::DeleteAccount, Method::DELETE, url, template)
            .json_type()
            .header("accountId", account.as_str())
    }
}

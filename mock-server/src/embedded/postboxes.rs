//! Postboxes as a test makes them, without an app's link.

use super::sandbox_handle::SandboxHandle;
use crate::domain::postbox::{PostboxKeyError, PostboxKeys};
use crate::domain::refusal::RefusalCode;

/// A postbox, as the callback of its link names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postbox {
    /// `postboxId`
    pub id: String,
    /// `publicKey`, PKCS#1 PEM.
    pub public_key: String,
}

/// Why there is no postbox.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreatePostboxError {
    /// The session is unknown or has expired.
    #[error("there is no such session, or it has expired")]
    NoSuchSession,
    /// Nobody has this id.
    #[error("there is no user {0}")]
    NoSuchUser(String),
    /// There is no randomness for a key pair.
    #[error(transparent)]
    Keys(#[from] PostboxKeyError),
}

impl SandboxHandle {
    /// Makes a postbox for a session, in the library of a user whom clients know as `sub`: what the
    /// user's app does for the link `digime://postbox/create`. The session may push to it without a
    /// token. It takes a tenth of a second.
    ///
    /// # Errors
    /// [`CreatePostboxError`].
    pub fn create_postbox(&self, session_key: &str, user_id: &str) -> Result<Postbox, CreatePostboxError> {
        let keys = PostboxKeys::generate()?;
        let (store, now) = (&self.sandbox.store, self.sandbox.now());
        let client_id = self.sandbox.wait(store.session_client(session_key)).ok().flatten();
        let contract = client_id.and_then(|client_id| self.sandbox.contract(&client_id));
        let contract = contract.ok_or(CreatePostboxError::NoSuchSession)?;
        let user = user_id.to_owned();
        let made = self.sandbox.wait(store.create_session_postbox(&contract, &user, session_key, keys, now));
        let postbox = made.map_err(|refusal| match refusal.code {
            RefusalCode::InvalidToken => CreatePostboxError::NoSuchUser(user),
            _ => CreatePostboxError::NoSuchSession,
        })?;
        Ok(Postbox { id: postbox.id, public_key: postbox.public_pem })
    }

    /// Delivers what waits in a user's postboxes because it was pushed with an expired token, and says
    /// how many files that were: what the user's app does for the link `digime://postbox/import`.
    pub fn import_postboxes(&self, user_id: &str) -> usize {
        self.sandbox.wait(self.sandbox.store.import_postboxes(&user_id.to_owned())).unwrap_or_default()
    }
}

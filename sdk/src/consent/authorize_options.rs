//! Options of an authorization (protocol reference, consent-web §2).

use crate::consent::page_options::{PageOptions, page_option_methods};
use crate::error::Result;
use crate::ids::{StorageId, check_plain};
use crate::tokens::token::UserAccessToken;

/// Options of [`crate::Client::authorize_url`].
///
/// ```
/// use digime::AuthorizeOptions;
///
/// let options = AuthorizeOptions::new("https://app.example/return")
///     .service_id(16)
///     .sample_data("default")
///     .auto_onboard(true)
///     .locale("nl");
/// ```
#[derive(Debug, Clone)]
pub struct AuthorizeOptions {
    pub(crate) page: PageOptions,
    pub(crate) token: Option<UserAccessToken>,
    pub(crate) storage: Option<StorageId>,
}

impl AuthorizeOptions {
    /// `callback_url` must be registered with the contract; it is sent exactly as
    /// given, may have a query, and may use an app's own scheme.
    #[must_use]
    pub fn new(callback_url: impl Into<String>) -> Self {
        Self { page: PageOptions::new(callback_url.into()), token: None, storage: None }
    }

    page_option_methods! {
        state, session_options, service_id, source_type, sample_data, locale,
        include_sample_data_only_sources, trigger_query, sources_scope,
    }

    /// Attaches the contract to the library of this user instead of creating a
    /// new library (protocol reference, README §3).
    #[must_use]
    pub fn user_access_token(mut self, token: UserAccessToken) -> Self {
        self.token = Some(token);
        self
    }

    /// Binds a provisional storage to the user being created. Costs one more
    /// request (protocol reference, http-api §2.3).
    #[must_use]
    pub fn storage_id(mut self, id: impl Into<StorageId>) -> Self {
        self.storage = Some(id.into());
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.page.check()?;
        match &self.storage {
            Some(storage) => check_plain("storage_id", storage.as_str()),
            None => Ok(()),
        }
    }
}

//! Options of an authorization (protocol reference, consent-web §2).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;

use crate::authorize::State;
use crate::error::{Error, Result};
use crate::ids::{SourceId, StorageId, check_plain};
use crate::session::SessionOptions;
use crate::sources_scope::SourcesScope;
use crate::token::UserAccessToken;

/// What a URI component leaves unencoded besides letters and digits.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Which kind of source the user may connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SourceType {
    /// Sources data is read from.
    #[default]
    Pull,
    /// Sources data is pushed to.
    Push,
}

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
    pub(crate) callback: String,
    pub(crate) state: Option<State>,
    pub(crate) token: Option<UserAccessToken>,
    pub(crate) session: Option<SessionOptions>,
    pub(crate) storage: Option<StorageId>,
    source: Option<SourceId>,
    source_type: SourceType,
    sample_data: Option<String>,
    auto_onboard: bool,
    locale: Option<String>,
    include_sample_data_only_sources: Option<bool>,
    trigger_query: Option<bool>,
    sources_scope: Option<SourcesScope>,
}

impl AuthorizeOptions {
    /// `callback_url` must be registered with the contract; it is sent exactly as
    /// given, may have a query, and may use an app's own scheme.
    #[must_use]
    pub fn new(callback_url: impl Into<String>) -> Self {
        Self {
            callback: callback_url.into(),
            state: None,
            token: None,
            session: None,
            storage: None,
            source: None,
            source_type: SourceType::Pull,
            sample_data: None,
            auto_onboard: false,
            locale: None,
            include_sample_data_only_sources: None,
            trigger_query: None,
            sources_scope: None,
        }
    }

    /// A `state` of your own; unguessable, please. Default: 32 random characters.
    #[must_use]
    pub fn state(mut self, state: impl Into<State>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Attaches the contract to the library of this user instead of creating a
    /// new library (protocol reference, README §3).
    #[must_use]
    pub fn user_access_token(mut self, token: UserAccessToken) -> Self {
        self.token = Some(token);
        self
    }

    /// What the session started by the consent shall fetch.
    #[must_use]
    pub fn session_options(mut self, options: SessionOptions) -> Self {
        self.session = Some(options);
        self
    }

    /// The source to connect, skipping the source picker. Official SDKs call this
    /// source id `serviceId`; 0 means none.
    #[must_use]
    pub fn service_id(self, id: impl Into<SourceId>) -> Self {
        self.source(id)
    }

    /// The source to connect; the same as [`AuthorizeOptions::service_id`].
    #[must_use]
    pub fn source(mut self, id: impl Into<SourceId>) -> Self {
        self.source = Some(id.into());
        self
    }

    /// Offers pull (default) or push sources.
    #[must_use]
    pub fn source_type(mut self, kind: SourceType) -> Self {
        self.source_type = kind;
        self
    }

    /// Connects a sample dataset, such as `default`, without a real login.
    #[must_use]
    pub fn sample_data(mut self, data_set: impl Into<String>) -> Self {
        self.sample_data = Some(data_set.into());
        self
    }

    /// With sample data and a source: skips every page, consent included, and
    /// redirects straight back.
    #[must_use]
    pub fn auto_onboard(mut self, auto: bool) -> Self {
        self.auto_onboard = auto;
        self
    }

    /// Language of the pages, such as `nl`.
    #[must_use]
    pub fn locale(mut self, locale: impl Into<String>) -> Self {
        self.locale = Some(locale.into());
        self
    }

    /// Also offers sources that have sample data only.
    #[must_use]
    pub fn include_sample_data_only_sources(mut self, include: bool) -> Self {
        self.include_sample_data_only_sources = Some(include);
        self
    }

    /// Binds a provisional storage to the user being created. Costs one more
    /// request (protocol reference, http-api §2.3).
    #[must_use]
    pub fn storage_id(mut self, id: impl Into<StorageId>) -> Self {
        self.storage = Some(id.into());
        self
    }

    /// Whether to query data right after the source is added. Default: yes.
    #[must_use]
    pub fn trigger_query(mut self, trigger: bool) -> Self {
        self.trigger_query = Some(trigger);
        self
    }

    /// Narrows the sources offered.
    #[must_use]
    pub fn sources_scope(mut self, scope: SourcesScope) -> Self {
        self.sources_scope = Some(scope);
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        let callback = Url::parse(&self.callback)
            .map_err(|error| Error::config("callback_url", format!("is not a URL ({error})")))?;
        if callback.fragment().is_some() {
            return Err(Error::config("callback_url", "must not have a fragment"));
        }
        if self.callback.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(Error::config("callback_url", "must not contain white space"));
        }
        if self.state.as_ref().is_some_and(|state| state.expose().is_empty()) {
            return Err(Error::config("state", "must not be empty: it protects the callback"));
        }
        if let Some(storage) = &self.storage {
            check_plain("storage_id", storage.as_str())?;
        }
        match &self.sources_scope {
            Some(scope) => scope.check(),
            None => Ok(()),
        }
    }

    /// Everything of the page's query after `code`, in the documented order.
    pub(crate) fn page_parameters<'a>(
        &'a self,
        storage_reference: Option<&'a str>,
    ) -> Result<Vec<(&'static str, Cow<'a, str>)>> {
        fn flag(value: bool) -> Cow<'static, str> {
            Cow::Borrowed(if value { "true" } else { "false" })
        }

        let source_type = match self.source_type {
            SourceType::Pull => "pull",
            SourceType::Push => "push",
        };
        let mut pairs = vec![("sourceType", Cow::Borrowed(source_type))];
        if let Some(source) = self.source.filter(|source| source.0 != 0) {
            pairs.push(("service", Cow::Owned(source.to_string())));
        }
        if let Some(data_set) = self.sample_data.as_deref().filter(|set| !set.is_empty()) {
            pairs.push(("sampleDataSet", Cow::Borrowed(data_set)));
        }
        if self.auto_onboard {
            pairs.push(("sampleDataAutoOnboard", flag(true)));
        }
        if let Some(locale) = self.locale.as_deref().filter(|locale| !locale.is_empty()) {
            pairs.push(("lng", Cow::Borrowed(locale)));
        }
        if let Some(include) = self.include_sample_data_only_sources {
            pairs.push(("includeSampleDataOnlySources", flag(include)));
        }
        if let Some(reference) = storage_reference {
            pairs.push(("storageRef", Cow::Borrowed(reference)));
        }
        if let Some(trigger) = self.trigger_query {
            pairs.push(("triggerQuery", flag(trigger)));
        }
        if let Some(scope) = &self.sources_scope {
            // Encoded here and once more by the query: the page decodes it twice
            // (consent-web §2.1).
            let json = scope.to_json()?;
            let once = utf8_percent_encode(&json, COMPONENT).to_string();
            pairs.push(("sourcesScope", Cow::Owned(once)));
        }
        Ok(pairs)
    }
}

//! What the consent pages can be told (protocol reference, consent-web §2–4).

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::consent::sources_scope::SourcesScope;
use crate::consent::state::State;
use crate::crypto::random;
use crate::error::{Error, Result};
use crate::ids::SourceId;
use crate::read::session::SessionOptions;

/// What a URI component leaves unencoded besides letters and digits.
pub(crate) const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
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

/// A callback URL. Its query may bind the callback to its flow, so `Debug` hides it.
#[derive(Clone, Default)]
pub(crate) struct CallbackUrl(pub(crate) String);

impl fmt::Debug for CallbackUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_once('?') {
            Some((page, _)) => write!(f, "{page}?[redacted]"),
            None => f.write_str(&self.0),
        }
    }
}

pub(crate) type Parameters<'a> = Vec<(&'static str, Cow<'a, str>)>;

/// The options of every page; each flow offers those its page knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageOptions {
    pub(crate) callback: CallbackUrl,
    pub(crate) state: Option<State>,
    pub(crate) session: Option<SessionOptions>,
    pub(crate) source: Option<SourceId>,
    pub(crate) source_type: SourceType,
    pub(crate) sample_data: Option<String>,
    pub(crate) auto_onboard: bool,
    pub(crate) locale: Option<String>,
    pub(crate) include_sample_data_only_sources: Option<bool>,
    pub(crate) trigger_query: Option<bool>,
    pub(crate) sources_scope: Option<SourcesScope>,
}

impl PageOptions {
    pub(crate) fn new(callback: String) -> Self {
        Self { callback: CallbackUrl(callback), ..Self::default() }
    }

    pub(crate) fn check(&self) -> Result<()> {
        check_callback(&self.callback.0)?;
        if self.state.as_ref().is_some_and(|state| state.expose().is_empty()) {
            return Err(Error::config("state", "must not be empty: it protects the callback"));
        }
        match &self.sources_scope {
            Some(scope) => scope.check(),
            None => Ok(()),
        }
    }

    /// The caller's state, or a random one.
    pub(crate) fn state(&self) -> Result<State> {
        match &self.state {
            Some(state) => Ok(state.clone()),
            None => Ok(State::new(random::alphanumeric(32)?)),
        }
    }

    /// Everything after `code` on the pages that connect a source, in the
    /// documented order.
    pub(crate) fn connect_parameters<'a>(
        &'a self,
        storage_reference: Option<&'a str>,
    ) -> Result<Parameters<'a>> {
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
        pairs.extend(self.locale_parameter());
        if let Some(include) = self.include_sample_data_only_sources {
            pairs.push(("includeSampleDataOnlySources", flag(include)));
        }
        if let Some(reference) = storage_reference {
            pairs.push(("storageRef", Cow::Borrowed(reference)));
        }
        pairs.extend(self.trigger_parameter());
        if let Some(scope) = &self.sources_scope {
            // Encoded here and once more by the query: the page decodes it twice
            // (consent-web §2.1).
            let json = scope.to_json()?;
            let once = utf8_percent_encode(&json, COMPONENT).to_string();
            pairs.push(("sourcesScope", Cow::Owned(once)));
        }
        Ok(pairs)
    }

    /// Everything after `code` on the page that renews a user.
    pub(crate) fn renew_parameters(&self) -> Parameters<'_> {
        self.locale_parameter().into_iter().chain(self.trigger_parameter()).collect()
    }

    pub(crate) fn locale_parameter(&self) -> Option<(&'static str, Cow<'_, str>)> {
        let locale = self.locale.as_deref().filter(|locale| !locale.is_empty())?;
        Some(("lng", Cow::Borrowed(locale)))
    }

    fn trigger_parameter(&self) -> Option<(&'static str, Cow<'static, str>)> {
        self.trigger_query.map(|trigger| ("triggerQuery", flag(trigger)))
    }
}

fn flag(value: bool) -> Cow<'static, str> {
    Cow::Borrowed(if value { "true" } else { "false" })
}

/// Parameters that a callback carries, in any of its flows and generations
/// (protocol reference, consent-web §5).
const CALLBACK_PARAMETERS: [&str; 10] = [
    "success",
    "state",
    "code",
    "error",
    "errorCode",
    "error_message",
    "errorMessage",
    "accountReference",
    "result",
    "postboxId",
];

/// Refuses callback URLs the platform cannot come back to, and those whose answer
/// could not be told from the caller's own query.
pub(crate) fn check_callback(callback: &str) -> Result<()> {
    let url = Url::parse(callback)
        .map_err(|error| Error::config("callback_url", format!("is not a URL ({error})")))?;
    if url.fragment().is_some() {
        return Err(Error::config("callback_url", "must not have a fragment"));
    }
    if callback.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Error::config("callback_url", "must not contain white space"));
    }
    // The platform keeps the query and appends its own, so the callback would have the
    // parameter twice. That is refused as an attack, but only after the consent.
    for (name, _) in url.query_pairs() {
        if CALLBACK_PARAMETERS.iter().any(|taken| taken.eq_ignore_ascii_case(&name)) {
            let problem = format!(
                "must not have a parameter `{name}`: the platform adds its own to the callback; \
                 `state` is an option of the flow, everything else needs another name"
            );
            return Err(Error::config("callback_url", problem));
        }
    }
    Ok(())
}

/// Builder methods for the named options, for a type with a field `page`.
macro_rules! page_option_methods {
    ($($name:ident),+ $(,)?) => { $($crate::consent::page_options::page_option_method! { $name })+ };
}

macro_rules! page_option_method {
    (state) => {
        /// A `state` of your own; unguessable, please. Default: 32 random characters.
        #[must_use]
        pub fn state(mut self, state: impl Into<$crate::State>) -> Self {
            self.page.state = Some(state.into());
            self
        }
    };
    (session_options) => {
        /// What the session started by the consent shall fetch.
        #[must_use]
        pub fn session_options(mut self, options: $crate::SessionOptions) -> Self {
            self.page.session = Some(options);
            self
        }
    };
    (service_id) => {
        /// The source to connect, skipping the source picker. Official SDKs call this
        /// source id `serviceId`; 0 means none.
        #[must_use]
        pub fn service_id(self, id: impl Into<$crate::SourceId>) -> Self {
            self.source(id)
        }

        /// The source to connect; the same as `service_id`.
        #[must_use]
        pub fn source(mut self, id: impl Into<$crate::SourceId>) -> Self {
            self.page.source = Some(id.into());
            self
        }
    };
    (source_type) => {
        /// Offers pull (default) or push sources.
        #[must_use]
        pub fn source_type(mut self, kind: $crate::SourceType) -> Self {
            self.page.source_type = kind;
            self
        }
    };
    (sample_data) => {
        /// Connects a sample dataset, such as `default`, without a real login.
        #[must_use]
        pub fn sample_data(mut self, data_set: impl Into<String>) -> Self {
            self.page.sample_data = Some(data_set.into());
            self
        }

        /// With sample data and a source: skips every page, consent included, and
        /// redirects straight back.
        #[must_use]
        pub fn auto_onboard(mut self, auto: bool) -> Self {
            self.page.auto_onboard = auto;
            self
        }
    };
    (locale) => {
        /// Language of the pages, such as `nl`.
        #[must_use]
        pub fn locale(mut self, locale: impl Into<String>) -> Self {
            self.page.locale = Some(locale.into());
            self
        }
    };
    (include_sample_data_only_sources) => {
        /// Also offers sources that have sample data only.
        #[must_use]
        pub fn include_sample_data_only_sources(mut self, include: bool) -> Self {
            self.page.include_sample_data_only_sources = Some(include);
            self
        }
    };
    (trigger_query) => {
        /// Whether to query data right after the page is done. Default: yes.
        #[must_use]
        pub fn trigger_query(mut self, trigger: bool) -> Self {
            self.page.trigger_query = Some(trigger);
            self
        }
    };
    (sources_scope) => {
        /// Narrows the sources offered.
        #[must_use]
        pub fn sources_scope(mut self, scope: $crate::SourcesScope) -> Self {
            self.page.sources_scope = Some(scope);
            self
        }
    };
}

pub(crate) use {page_option_method, page_option_methods};

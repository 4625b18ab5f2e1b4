//! Links to the digi.me app and to its guest page
//! (protocol reference, legacy/deep-links §1).

use std::fmt;

use percent_encoding::utf8_percent_encode;
use url::{Url, form_urlencoded};

use crate::consent::page_options::COMPONENT;
use crate::error::{Error, Result};
use crate::ids::ContractId;
use crate::legacy::client::LegacyClient;
use crate::legacy::contract::check_callback;
use crate::legacy::generation::{BY_LINK, Generation};
use crate::legacy::session::LegacySession;

/// A link to send the user to: `digime://…`, or a page.
///
/// **Legacy**, v1 to v1.6; today [`crate::Authorization::url`]
/// (protocol reference, legacy/deep-links). It contains session keys or codes, so
/// `Debug` hides its query.
#[derive(Clone, PartialEq, Eq)]
pub struct Link(Url);

impl Link {
    pub(crate) fn new(url: Url) -> Self {
        Self(url)
    }

    /// The whole link, secrets included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The whole link as a URL, secrets included.
    #[must_use]
    pub fn into_url(self) -> Url {
        self.0
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.host_str().unwrap_or_default();
        write!(f, "Link({}://{host}{}?[redacted])", self.0.scheme(), self.0.path())
    }
}

type Parameters<'a> = Vec<(&'static str, &'a str)>;

/// As clients wrote links before there was `URLSearchParams`: a space is `%20`.
fn by_component(base: &str, parameters: &Parameters<'_>) -> Result<Link> {
    let pairs = parameters.iter().map(|(name, value)| {
        let value = utf8_percent_encode(value, COMPONENT);
        format!("{name}={value}")
    });
    parsed(&format!("{base}?{}", pairs.collect::<Vec<_>>().join("&")))
}

/// As a form: a space is `+`.
fn by_form(base: &str, parameters: &Parameters<'_>) -> Result<Link> {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    parsed(&format!("{base}?{query}"))
}

fn parsed(text: &str) -> Result<Link> {
    let url = Url::parse(text);
    url.map(Link).map_err(|error| Error::config("link", format!("is not a URL ({error})")))
}

impl LegacyClient {
    /// The link with which the user consents once, in the digi.me app.
    ///
    /// **Legacy**, v1 to v1.5; today [`crate::Client::authorize_url`]
    /// (protocol reference, legacy/deep-links §1.1). The user comes back to
    /// `callback_url`: read it with [`LegacyClient::consent_callback`].
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Config`] for a callback URL that cannot be meant, and in
    /// v1.6.
    pub fn consent_link(&self, session: &LegacySession, callback_url: &str) -> Result<Link> {
        self.check_link("consent by link", callback_url)?;
        let base = "digime://consent-access";
        match self.generation().is_first() {
            true => by_component(base, &self.component_parameters(session, callback_url)),
            false => by_form(base, &self.form_parameters(None, session, callback_url)),
        }
    }

    /// The page on which a user without the digi.me app consents once.
    ///
    /// **Legacy**, v1 to v1.5; today [`crate::Client::authorize_url`]
    /// (protocol reference, legacy/deep-links §3). The page is below the origin of
    /// the API. Read the callback with [`LegacyClient::consent_callback`].
    ///
    /// # Errors
    ///
    /// As [`LegacyClient::consent_link`].
    pub fn guest_link(&self, session: &LegacySession, callback_url: &str) -> Result<Link> {
        self.check_link("guest page", callback_url)?;
        let folder = if self.generation().is_first() { "" } else { "v1/" };
        let page = format!("{}/apps/quark/{folder}direct-onboarding", self.origin());
        let token = session.session_exchange_token.expose();
        by_component(&page, &vec![("sessionExchangeToken", token), ("callbackUrl", callback_url)])
    }

    /// The link with which the user creates a postbox, to push one file to.
    ///
    /// **Legacy**, v1 to v1.5; today [`crate::User::push_to_library`] needs no
    /// postbox (protocol reference, legacy/deep-links §1.1). Read the callback with
    /// [`LegacyClient::postbox_callback`].
    ///
    /// # Errors
    ///
    /// As [`LegacyClient::consent_link`].
    pub fn postbox_link(&self, session: &LegacySession, callback_url: &str) -> Result<Link> {
        self.check_link("postbox by link", callback_url)?;
        let base = "digime://postbox/create";
        match self.generation() < Generation::V1_5 {
            true => by_component(base, &self.component_parameters(session, callback_url)),
            false => by_form(base, &self.form_parameters(None, session, callback_url)),
        }
    }

    /// The link that shows the user what was pushed. It has no callback.
    ///
    /// **Legacy**, v1.4 and v1.5; nothing replaces it
    /// (protocol reference, legacy/deep-links §1.1).
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Config`] in other generations.
    pub fn postbox_import_link(&self) -> Result<Link> {
        let known = Generation::V1_4..=Generation::V1_5;
        self.generation().check(known, "import link", "pushed files need no link")?;
        parsed("digime://postbox/import")
    }

    /// The link that tells the digi.me app of a push.
    ///
    /// **Legacy**, v1 to v1.3; nothing replaces it
    /// (protocol reference, legacy/deep-links §1.1).
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Config`] for a callback URL that cannot be meant, and from
    /// v1.4 on.
    pub fn push_complete_link(
        &self,
        session: &LegacySession,
        postbox_id: &str,
        callback_url: &str,
    ) -> Result<Link> {
        let known = Generation::V1..=Generation::V1_3;
        self.generation().check(known, "push-complete link", "use `postbox_import_link`")?;
        check_callback("callback_url", callback_url)?;
        let parameters = vec![
            ("sessionKey", session.session_key.expose()),
            ("postboxId", postbox_id),
            ("callbackURL", callback_url),
            ("sdkVersion", self.sdk_version()),
        ];
        by_component("digime://postbox/push-complete", &parameters)
    }

    /// The link that shows the user what was shared under a contract. It has no
    /// callback.
    ///
    /// **Legacy**, v1 to v1.5; nothing replaces it
    /// (protocol reference, legacy/deep-links §1.1).
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Config`] in v1.6.
    pub fn receipt_link(&self, contract_id: &ContractId) -> Result<Link> {
        self.generation().check(BY_LINK, "receipt link", "nothing replaces it")?;
        let (contract, application) = match self.generation().is_first() {
            true => ("contractid", "appid"),
            false => ("contractId", "appId"),
        };
        let parameters =
            vec![(contract, contract_id.as_str()), (application, self.client().application_id())];
        by_component("digime://receipt", &parameters)
    }

    /// The link of a consent that was authorized in advance.
    pub(crate) fn ongoing_link(
        &self,
        path: &str,
        code: &str,
        session: &LegacySession,
        callback_url: &str,
    ) -> Result<Link> {
        by_form(&format!("digime://{path}"), &self.form_parameters(Some(code), session, callback_url))
    }

    fn component_parameters<'a>(
        &'a self,
        session: &'a LegacySession,
        callback_url: &'a str,
    ) -> Parameters<'a> {
        let callback = if self.generation().is_first() { "callbackURL" } else { "callbackUrl" };
        let mut parameters = vec![
            ("sessionKey", session.session_key.expose()),
            (callback, callback_url),
            ("appId", self.client().application_id()),
            ("sdkVersion", self.sdk_version()),
        ];
        parameters.extend(self.result_version());
        parameters
    }

    fn form_parameters<'a>(
        &'a self,
        code: Option<&'a str>,
        session: &'a LegacySession,
        callback_url: &'a str,
    ) -> Parameters<'a> {
        let mut parameters: Parameters<'a> =
            code.map(|code| ("preauthorizationCode", code)).into_iter().collect();
        parameters.extend([
            ("callbackUrl", callback_url),
            ("sessionKey", session.session_key.expose()),
            ("appId", self.client().application_id()),
            ("sdkVersion", self.sdk_version()),
        ]);
        parameters.extend(self.result_version());
        parameters
    }

    /// Asks a `v1.4` app for `SUCCESS`, `ERROR` and `CANCEL` (legacy/deep-links §1.3).
    fn result_version(&self) -> Option<(&'static str, &'static str)> {
        (self.generation() == Generation::V1_4).then_some(("resultVersion", "2"))
    }

    fn sdk_version(&self) -> &str {
        &self.client().shared().agent.sdk.version
    }

    fn check_link(&self, what: &str, callback_url: &str) -> Result<()> {
        self.generation().check(BY_LINK, what, "use `LegacyClient::authorize`")?;
        check_callback("callback_url", callback_url)
    }
}

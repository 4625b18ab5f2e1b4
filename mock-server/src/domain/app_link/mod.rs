//! Links that apps of older generations open the digi.me app on the user's phone with, and the guest page
//! in the user's browser (protocol reference, legacy/deep-links).
//!
//! Each family of links has a file that reads it; `answer` writes what the app gets back.

mod android;
mod answer;
mod digime;
mod guest;
mod ios;
mod parameters;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use answer::IntentResult;
pub(crate) use answer::{Agreed, LinkAnswer, LinkOutcome};

/// What an app asks the digi.me app for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AppLink {
    /// The user's consent to a session that waits for it.
    Consent(ConsentLink),
    /// To take in what was pushed to a postbox, and to come back.
    PushComplete(PushComplete),
    /// To take in what was pushed to any postbox.
    Import,
    /// To show the consent that was given to a contract.
    Receipt(Receipt),
}

/// A link that asks for the user's consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConsentLink {
    /// What the app is to get.
    pub wanted: Wanted,
    /// The session that waits.
    pub session: SessionName,
    /// The app that asks; the guest page is not told.
    pub application_id: Option<String>,
    /// What makes the consent an ongoing one.
    pub preauthorization_code: Option<String>,
    /// How the answer reaches the app.
    pub reply: ReplyForm,
}

/// What a consent gives to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The user's data.
    Data,
    /// A postbox, to push data to.
    Postbox,
}

/// How a link names the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SessionName {
    /// By its key.
    Key(String),
    /// By its exchange token.
    ExchangeToken(String),
}

impl SessionName {
    /// The key or the token, either of which leads to the sandbox.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Key(text) | Self::ExchangeToken(text) => text,
        }
    }

    /// The key. What the guest page is opened with tells none, and its answers name none.
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Key(key) => key,
            Self::ExchangeToken(_) => "",
        }
    }
}

/// How the answer reaches the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReplyForm {
    /// The callback that the link names.
    Callback {
        /// The callback.
        url: String,
        /// What its parameters are called.
        words: Words,
    },
    /// The same, from the guest page in a browser.
    Guest {
        /// The callback.
        url: String,
        /// What its parameters are called.
        words: Words,
    },
    /// The URL scheme of an iOS app.
    Ios(IosForm),
    /// The result of an Android activity.
    Android,
}

/// The words of a callback (protocol reference, legacy/deep-links §1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    /// `DATA_READY`, `POSTBOX_READY` and `CANCELLED`: Node 0.x, and Android's guest page for ever.
    Ready,
    /// `SUCCESS`, `CANCEL` and `ERROR`.
    Success {
        /// Whether an ongoing consent names the session too: Node 1.2 to 3.
        names_session: bool,
    },
}

/// The parameters of iOS (protocol reference, legacy/deep-links §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IosForm {
    /// iOS 2: `CA…`.
    Prefixed,
    /// iOS 3 and 4.
    Plain,
}

/// A link that says that a push is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PushComplete {
    /// The session that pushed.
    pub session_key: String,
    /// What it pushed to.
    pub postbox_id: String,
    /// Where the app waits.
    pub callback: String,
}

/// A link to the receipt of a consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// The contract.
    pub contract_id: String,
    /// The application.
    pub application_id: String,
}

/// What an Android app sends to the digi.me app.
///
/// ```
/// use digime_mock_server::phone::Intent;
///
/// let intent = Intent::new("android.intent.action.me.digi.consent-access").extra("sessionKey", "key");
/// assert_eq!(intent.extras["sessionKey"], "key");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// Its action.
    pub action: String,
    /// Its extras, all of which are text.
    #[serde(default)]
    pub extras: BTreeMap<String, String>,
}

impl Intent {
    /// An intent without extras.
    pub fn new(action: impl Into<String>) -> Self {
        Self { action: action.into(), extras: BTreeMap::new() }
    }

    /// Adds an extra.
    #[must_use]
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.extras.insert(name.into(), value.into());
        self
    }
}

/// A link that cannot be read. Its text names parameters and never their values, which are secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppLinkError {
    /// It is nothing that the digi.me app is opened with.
    #[error(
        "this is no link of an app: the digi.me app is opened with digime://…, digime-ca-master://… or \
         intent:#Intent;…;end, the guest page with /apps/quark/…/direct-onboarding?…"
    )]
    NoLink,
    /// It is longer than any link can be.
    #[error("the link is longer than {0} bytes")]
    TooLong(usize),
    /// The digi.me app does nothing of that name.
    #[error("the digi.me app knows no \"{found}\"; it knows {known}")]
    UnknownAction {
        /// What the link asks for.
        found: String,
        /// What it could ask for.
        known: &'static str,
    },
    /// A parameter is missing or empty.
    #[error("the link has no {0}")]
    Missing(&'static str),
    /// A parameter is there more than once, with different values.
    #[error("the link has {0} more than once")]
    Repeated(String),
    /// A parameter that means something else.
    #[error("{name} is {problem}")]
    Unusable {
        /// The parameter.
        name: &'static str,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
}

/// How long a link may be, in bytes: what browsers and phones pass on.
const LONGEST: usize = 16 * 1024;

impl AppLink {
    /// Reads a link, whatever family it is of.
    ///
    /// # Errors
    /// [`AppLinkError`], which says what is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, AppLinkError> {
        let text = text.trim();
        if text.len() > LONGEST {
            return Err(AppLinkError::TooLong(LONGEST));
        }
        let (scheme, rest) = text.split_once(':').ok_or(AppLinkError::NoLink)?;
        match scheme.to_ascii_lowercase().as_str() {
            "digime" => digime::read(rest),
            "digime-ca-master" => ios::read(rest).map(Self::Consent),
            "intent" => android::read_uri(rest),
            "http" | "https" => guest::read(rest).map(Self::Consent),
            _ => Err(AppLinkError::NoLink),
        }
    }

    /// Reads an intent.
    ///
    /// # Errors
    /// [`AppLinkError`].
    pub(crate) fn of_intent(intent: &Intent) -> Result<Self, AppLinkError> {
        android::read(intent).map(Self::Consent)
    }

    /// Reads the query of the guest page: the current one of `/v1/`, or the one of before.
    ///
    /// # Errors
    /// [`AppLinkError`].
    pub(crate) fn of_guest_page(versioned: bool, query: &str) -> Result<ConsentLink, AppLinkError> {
        guest::read_query(versioned, query)
    }

    /// Something that a sandbox minted, by which the link's is found.
    pub(crate) fn minted(&self) -> Option<&str> {
        match self {
            Self::Consent(link) => Some(link.session.text()),
            Self::PushComplete(link) => Some(&link.session_key),
            Self::Import | Self::Receipt(_) => None,
        }
    }

    /// Whether an address is opened in the end.
    pub(crate) fn has_callback(&self) -> bool {
        match self {
            Self::Consent(link) => link.callback().is_some(),
            Self::PushComplete(_) => true,
            Self::Import | Self::Receipt(_) => false,
        }
    }

    /// The preauthorization code of an ongoing consent.
    pub(crate) fn preauthorization_code(&self) -> Option<&str> {
        match self {
            Self::Consent(link) => link.preauthorization_code.as_deref(),
            _ => None,
        }
    }
}

impl ConsentLink {
    /// Whether the consent outlives the session.
    pub(crate) fn is_ongoing(&self) -> bool {
        self.preauthorization_code.is_some()
    }

    /// Whether it opens the guest page, whose user has no phone.
    pub(crate) fn is_guest(&self) -> bool {
        matches!(self.reply, ReplyForm::Guest { .. })
    }

    /// Whether this is the callback that the app named when it asked for the code (protocol reference,
    /// legacy/deep-links §1.1, legacy/mobile §2). Phones do not name it again: theirs follows from the app.
    pub(crate) fn returns_to(&self, redirect_uri: &str) -> bool {
        match &self.reply {
            ReplyForm::Callback { url, .. } | ReplyForm::Guest { url, .. } => url == redirect_uri,
            ReplyForm::Ios(_) | ReplyForm::Android => {
                let own = format!("digime-ca-{}", self.application_id.as_deref().unwrap_or_default());
                let rest = redirect_uri.strip_prefix(&own);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
            }
        }
    }

    /// The callback, which must be registered for a browser to be sent there; none if the answer is the
    /// result of an activity.
    pub(crate) fn callback(&self) -> Option<String> {
        match &self.reply {
            ReplyForm::Callback { url, .. } | ReplyForm::Guest { url, .. } => Some(url.clone()),
            ReplyForm::Ios(_) => Some(self.ios_address()),
            ReplyForm::Android => None,
        }
    }
}

#[cfg(test)]
mod tests;

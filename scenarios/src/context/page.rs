//! A consent page that the browser was sent to.

use digime::legacy::{LegacyOnboarding, LegacySession, Link, PendingConsent};
use digime::{AccountReauthorization, Authorization, Onboarding, PermissionRevocation};
use schemars::JsonSchema;
use serde::Deserialize;

/// A page that the browser was sent to: what the application keeps until it comes back.
pub(crate) enum Page {
    /// The user consents, or renews the consent; a code comes back.
    Authorization(Authorization, StraightBack),
    /// A further source is connected.
    Onboarding(Onboarding, StraightBack),
    /// The user logs in to an account again.
    Account(AccountReauthorization),
    /// The user withdraws a permission.
    Revocation(PermissionRevocation),
    /// In older generations the user consents, and a code comes back.
    Consent(Box<PendingConsent>, Gives),
    /// In v1.6 a further source is connected.
    Connection(LegacyOnboarding),
    /// A link of an older generation, which brings no code.
    Link(Link, LinkTarget, Option<LegacySession>),
}

/// What a consent of an older generation gives besides a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gives {
    /// Nothing.
    Data,
    /// A postbox.
    Postbox,
}

/// What a link of an older generation leads to (protocol reference, legacy/deep-links §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LinkTarget {
    /// The user consents in the digi.me app.
    Consent,
    /// The user consents on the guest page.
    Guest,
    /// The user creates a postbox in the digi.me app.
    Postbox,
    /// The digi.me app takes in what was pushed, and comes back.
    PushComplete,
    /// The digi.me app takes in what was pushed.
    Import,
    /// The digi.me app shows the consent that was given.
    Receipt,
}

/// Whether a page sends the browser straight back, without a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StraightBack(pub(crate) bool);

impl Page {
    /// Where the browser is sent.
    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Authorization(page, _) => page.url.as_str(),
            Self::Onboarding(page, _) => page.url.as_str(),
            Self::Account(page) => page.url.as_str(),
            Self::Revocation(page) => page.url.as_str(),
            Self::Consent(page, _) => page.link.as_str(),
            Self::Connection(page) => page.link.as_str(),
            Self::Link(link, ..) => link.as_str(),
        }
    }

    /// Whether it needs no user.
    pub(crate) fn goes_straight_back(&self) -> bool {
        matches!(self, Self::Authorization(_, StraightBack(true)) | Self::Onboarding(_, StraightBack(true)))
    }
}

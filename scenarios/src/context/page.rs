//! A consent page that the browser was sent to.

use digime::{AccountReauthorization, Authorization, Onboarding, PermissionRevocation};

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
        }
    }

    /// Whether it needs no user.
    pub(crate) fn goes_straight_back(&self) -> bool {
        matches!(self, Self::Authorization(_, StraightBack(true)) | Self::Onboarding(_, StraightBack(true)))
    }
}

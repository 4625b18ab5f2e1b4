//! Codes: what a page of the consent web client is opened with, and what it hands to the callback.

use serde::{Deserialize, Serialize};

use super::consent::{Page, failure_location};
use super::library::{AccountId, LibraryId};
use super::token::Proof;
use crate::clock::Moment;
use crate::fingerprint::Fingerprint;

/// A preauthorization, reference or revocation code: a page that waits for the user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PendingConsent {
    pub(crate) client_id: String,
    /// The callback; it never travels in the page's URL (protocol reference, consent-web §1).
    pub(crate) redirect_uri: String,
    /// Exactly the client's text.
    pub(crate) state: Option<String>,
    pub(crate) purpose: Purpose,
    /// Whether consent to it makes a postbox.
    pub(crate) offers_postbox: bool,
    pub(crate) expires: Moment,
    /// Whether the user has decided.
    pub(crate) decided: bool,
}

/// What the user is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// A contract's first consent. Without a library a new one is made.
    /// The session, which rows know by the fingerprint of its key, is the link's in generations that open one
    /// before.
    Authorize {
        session: Option<Fingerprint>,
        code_challenge: String,
        proof: Proof,
        library: Option<LibraryId>,
    },
    /// To connect a further source, or to log in at a connected one again.
    Extend { session: Fingerprint, library: LibraryId },
    /// To renew tokens that ran out.
    Renew { session: Fingerprint, code_challenge: String, library: LibraryId },
    /// To withdraw the permission that a provider has.
    Revoke { library: LibraryId, account: AccountId },
}

impl PendingConsent {
    /// Whether the code opens this page.
    pub(crate) fn opens(&self, page: Page) -> bool {
        matches!(
            (&self.purpose, page),
            (Purpose::Authorize { .. }, Page::Authorize)
                | (Purpose::Extend { .. }, Page::Onboard | Page::Reauthorize)
                | (Purpose::Renew { .. }, Page::UserReauth)
                | (Purpose::Revoke { .. }, Page::Revoke)
        )
    }

    /// The library that the page is about; a first consent may have none yet.
    pub(crate) fn library(&self) -> Option<&LibraryId> {
        match &self.purpose {
            Purpose::Authorize { library, .. } => library.as_ref(),
            Purpose::Extend { library, .. }
            | Purpose::Renew { library, .. }
            | Purpose::Revoke { library, .. } => Some(library),
        }
    }

    /// The callback of a failure: the one that the page's link names, if it does.
    pub(crate) fn failure(&self, named: Option<&str>, code: &super::consent::CallbackErrorCode) -> String {
        let revokes = matches!(self.purpose, Purpose::Revoke { .. });
        let callback = named.unwrap_or(&self.redirect_uri);
        failure_location(callback, self.state.as_deref(), code, revokes)
    }
}

/// An authorization code, exchanged once for tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AuthorizationCode {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) code_challenge: String,
    /// Whether it is exchanged without its verifier.
    pub(crate) proof: Proof,
    pub(crate) library: LibraryId,
    pub(crate) expires: Moment,
    pub(crate) used: bool,
}

//! Codes: what a consent page is opened with, and what it hands to the callback.

use super::library::LibraryId;
use crate::clock::Moment;

/// A preauthorization code: a consent that waits for the user.
#[derive(Clone, Debug)]
pub(crate) struct PendingConsent {
    pub(crate) client_id: String,
    /// The callback; it never travels in the page's URL (protocol reference, consent-web §1).
    pub(crate) redirect_uri: String,
    /// Exactly the client's text.
    pub(crate) state: Option<String>,
    pub(crate) code_challenge: String,
    pub(crate) session_key: String,
    /// The library to attach to, if the request carried an access token; else a new one is made.
    pub(crate) library: Option<LibraryId>,
    pub(crate) expires: Moment,
    /// Whether the user has decided.
    pub(crate) decided: bool,
}

/// An authorization code, exchanged once for tokens.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizationCode {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) code_challenge: String,
    pub(crate) library: LibraryId,
    pub(crate) expires: Moment,
    pub(crate) used: bool,
}

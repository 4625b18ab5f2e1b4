//! User access tokens: a pair of access and refresh token for one library and contract.

use serde::{Deserialize, Serialize};

use super::library::LibraryId;
use crate::clock::Moment;

/// What a token, access or refresh, is good for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Grant {
    /// The contract that it was issued to.
    pub client_id: String,
    /// The library that it opens.
    pub library: LibraryId,
    /// When it ends.
    pub expires: Moment,
}

/// A refresh token, which is replaced when it is used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RefreshGrant {
    /// What it is good for.
    pub grant: Grant,
    /// When it was first used; from then on it works for the grace period only, because official
    /// clients refresh in parallel without coordination (protocol reference, README §8).
    pub superseded: Option<Moment>,
}

/// A new pair, as the token endpoint answers it.
#[derive(Clone, Debug)]
pub(crate) struct TokenPair {
    /// Value of the access token.
    pub access: String,
    /// When the access token ends.
    pub access_expires: Moment,
    /// Value of the refresh token.
    pub refresh: String,
    /// When the refresh token ends.
    pub refresh_expires: Moment,
    /// The library: `sub` and `identifier.id`.
    pub library: LibraryId,
    /// `consentid`.
    pub consent: String,
}

/// Whether a code is exchanged without its verifier. What the authorization was made in decides, so
/// that a stolen code is not worth more in an older generation (protocol reference, legacy rule 16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Proof {
    /// Old clients leave it out.
    Optional,
    /// Never.
    Required,
}

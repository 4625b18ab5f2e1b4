//! A read session: the context of one data read.

use serde::{Deserialize, Serialize};

use super::library::LibraryId;
use super::pull_options::PullOptions;
use crate::clock::Moment;
use crate::fingerprint::Fingerprint;

/// One read session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    /// The contract that opened it.
    pub client_id: String,
    /// What it asks for.
    pub options: PullOptions,
    /// When it ends.
    pub expires: Moment,
    /// What opens it for reading, as the generation says that it was made in.
    pub access: SessionAccess,
    /// Whether it was opened for an app's link.
    pub for_link: bool,
    /// Whether the user has answered the link that asks for the consent.
    pub answered: bool,
    /// The read itself, once the user has consented.
    pub read: Option<Read>,
}

/// What opens a session for reading. A session that takes a token never opens without, whatever
/// generation of the API it is asked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SessionAccess {
    /// Its key alone.
    Key,
    /// Its key and the user's access token.
    Token,
}

/// Who asks for a session.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reader<'a> {
    /// Somebody who knows its key.
    Anybody,
    /// A user, by their access token.
    User(&'a LibraryId),
}

/// How a file is compressed in a session that did not ask for anything (protocol reference, legacy
/// rule 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unasked {
    /// Not at all.
    Uncompressed,
    /// With gzip, if the dataset prefers a compression.
    AsStored,
}

/// What the guest page is opened with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ExchangeToken {
    /// The session, by the fingerprint of its key.
    pub session: Fingerprint,
    /// When the session ends.
    pub expires: Moment,
}

/// A read of a library that has begun.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Read {
    /// Whose data is read.
    pub library: LibraryId,
    /// When it began.
    pub started: Moment,
    /// The accounts that take part, in order, by their references: one that is deleted and connected again
    /// has the same id, and waits for the next session.
    pub accounts: Vec<String>,
    /// How many files had been pushed by then; later ones wait for the next session.
    pub pushed: u64,
}

/// `session.key` and `session.expiry` (milliseconds) as clients see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionRef {
    /// The session's key.
    pub key: String,
    /// When it ends.
    pub expires: Moment,
}

//! A read session: the context of one data read.

use super::library::{AccountId, LibraryId};
use super::pull_options::PullOptions;
use crate::clock::Moment;

/// One read session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The contract that opened it.
    pub client_id: String,
    /// What it asks for.
    pub options: PullOptions,
    /// When it ends.
    pub expires: Moment,
    /// The read itself, once the user has consented.
    pub read: Option<Read>,
}

/// A read of a library that has begun.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    /// Whose data is read.
    pub library: LibraryId,
    /// When it began.
    pub started: Moment,
    /// The accounts that take part, in order.
    pub accounts: Vec<AccountId>,
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

//! What a database must do to keep the rows of sandboxes, and why it may not.

use futures_util::future::{BoxFuture, FutureExt as _};

use super::MOST_ROUNDS;
use super::shared::Shared;
use super::transfer::{Reading, StagedRows};
use crate::at_rest::AtRestError;
use crate::clock::Moment;
use crate::domain::library::LibraryId;
use crate::domain::state::{Before, NotEmpty};
use crate::domain::table::{Change, Loaded, RowError, Wanted};
use crate::payload::content::Content;
use crate::random::SandboxTag;

/// Why a unit of work came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Another unit of work changed the same rows.
    #[error("the database is busy: others changed the same rows each time")]
    Conflict,
    /// The database cannot be reached, or has no room.
    #[error("the database cannot be used: {0}")]
    Lost(String),
    /// What it holds is not what this version wrote.
    #[error(transparent)]
    Row(#[from] RowError),
    /// A private key cannot be had.
    #[error("the state is encrypted: {0}")]
    AtRest(#[from] AtRestError),
    /// Its schema is no longer the one of this version.
    #[error("the database's schema has version {found}, and this server knows version {known}")]
    Schema {
        /// What it has now.
        found: i64,
        /// What this version reads and writes.
        known: i64,
    },
    /// An operation looks for ever more rows.
    #[error("an operation found rows missing {MOST_ROUNDS} times")]
    Endless,
}

/// A database of rows.
pub(crate) trait Database: Send + Sync {
    /// Whether it can be reached, and its schema is right.
    fn check(&self) -> BoxFuture<'_, Result<(), Failure>> {
        std::future::ready(Ok(())).boxed()
    }

    /// Forgets the rows of a sandbox in these tables, and the contents that they name.
    fn clear<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        tables: &'a [&'static str],
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// The sandboxes that were noted, with what was noted of them.
    fn records(&self) -> BoxFuture<'_, Result<Vec<(String, String)>, Failure>>;

    /// What is noted of a sandbox.
    fn record<'a>(&'a self, sandbox: &'a SandboxTag) -> BoxFuture<'a, Result<Option<String>, Failure>>;

    /// Notes a sandbox, if what is noted of it is still what was `seen`, and says whether it was.
    fn note<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        seen: Option<&'a str>,
        body: String,
    ) -> BoxFuture<'a, Result<bool, Failure>>;

    /// Forgets what is noted of a sandbox.
    fn forget_record<'a>(&'a self, sandbox: &'a SandboxTag) -> BoxFuture<'a, Result<(), Failure>>;

    /// What other servers tell that use it at the same time; nothing if only one can.
    fn shared(&self) -> Option<&dyn Shared> {
        None
    }

    /// Keeps a content outside the rows, before there is a row that names it.
    fn keep<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        content: &'a Content,
    ) -> BoxFuture<'a, Result<Content, Failure>>;

    /// Opens a content.
    fn fetch<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        id: &'a str,
        length: u64,
    ) -> BoxFuture<'a, Result<Content, Failure>>;

    /// Removes contents that no row names any more.
    fn forget<'a>(&'a self, sandbox: &'a SandboxTag, ids: Vec<String>) -> BoxFuture<'a, Result<(), Failure>>;

    /// Deletes rows that ended before a moment, at most so many, and says how many that were.
    fn delete_expired<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        table: &'static str,
        before: Moment,
        most: u32,
    ) -> BoxFuture<'a, Result<u64, Failure>>;

    /// Some libraries that nothing leads to any more; the postboxes of those that are gone go.
    fn unreachable<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<LibraryId>, Failure>>;

    /// Some rows of a table, in an order of keys that is the database's own: those after a key, or the first.
    fn page<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        table: &'static str,
        after: Option<&'a str>,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<(String, String)>, Failure>>;

    /// Begins to read all rows of a sandbox.
    fn read<'a>(&'a self, sandbox: &'a SandboxTag) -> BoxFuture<'a, Result<Box<dyn Reading>, Failure>>;

    /// Puts rows in the place of what a sandbox has, and notes it, all of it or nothing.
    fn import<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        rows: StagedRows,
        before: Before,
        record: String,
    ) -> BoxFuture<'a, Result<Result<(), NotEmpty>, Failure>>;

    /// Begins a transaction on the rows of a sandbox.
    fn begin<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
    ) -> BoxFuture<'a, Result<Box<dyn Transaction + 'a>, Failure>>;
}

/// A transaction: it sees one state of the rows of a sandbox.
pub(crate) trait Transaction: Send {
    /// Loads rows.
    fn load<'a>(&'a mut self, wanted: &'a [Wanted]) -> BoxFuture<'a, Result<Vec<Loaded>, Failure>>;

    /// Writes what changed, all of it or nothing, and tells other servers what is cut.
    fn commit<'a>(
        self: Box<Self>,
        changes: Vec<Change>,
        cut: Vec<String>,
    ) -> BoxFuture<'a, Result<(), Failure>>
    where
        Self: 'a;
}

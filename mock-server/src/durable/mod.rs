//! State that lasts: units of work over a database.
//!
//! An operation of the state knows no database. It runs on tables that have only what was loaded for it;
//! if it looks for more, what it did is thrown away, the missing rows are loaded in the same transaction,
//! and it runs again. Its answer leaves when what it changed is committed. Another server that changed the
//! same rows meanwhile makes all of it run again.

#[cfg(feature = "sqlite")]
mod contents;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod engine;
mod lifelines;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(test)]
pub(crate) mod rows;
pub(crate) mod shared;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod sql;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod statement;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod telling;
mod transfer;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};

use crate::clock::{ClockReading, Moment, RealTime};
use crate::domain::library::LibraryId;
use crate::domain::state::{Before, Drawn, NotEmpty, Rules, SWEEP_EVERY, State};
use crate::domain::table::{Change, Kept, Loaded, RowError, Surroundings, Wanted};
use crate::domain::unavailable::Unavailable;
use crate::payload::content::Content;
use crate::random::SandboxTag;

pub(crate) use lifelines::Lifelines;
use shared::Shared;
pub(crate) use transfer::{DurableSnapshot, Staged};
use transfer::{Reading, StagedRows};

/// How many rows a sweep takes at once, so that others come in between.
const SLICE: u32 = 500;
/// How often a unit of work runs again because another one was quicker.
const MOST_ATTEMPTS: u32 = 50;
/// How often an operation may find rows missing.
const MOST_ROUNDS: u32 = 64;
/// How long the first pause between attempts is.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
/// How long a pause between attempts is at most.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

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

/// The rows of a server's sandboxes in a database.
#[derive(Clone)]
pub(crate) struct Durable {
    database: Arc<dyn Database>,
    around: Arc<dyn Surroundings>,
    real_time: RealTime,
    /// When each sandbox was swept, on its clock.
    swept: Arc<Mutex<HashMap<SandboxTag, Moment>>>,
}

impl fmt::Debug for Durable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Durable")
    }
}

impl Durable {
    pub(crate) fn new(
        database: Arc<dyn Database>,
        around: Arc<dyn Surroundings>,
        real_time: RealTime,
    ) -> Self {
        Self { database, around, real_time, swept: Arc::default() }
    }

    /// Asks for the time of the clock that all servers go by, and follows the best of some answers.
    ///
    /// # Errors
    /// [`Failure`]; the next time may be asked for again.
    pub(crate) async fn set_clock(&self, times: u32) -> Result<(), Failure> {
        let mut best: Option<ClockReading> = None;
        for _ in 0..times {
            let asked = self.real_time.of_machine();
            let Some(shared) = self.database.shared() else { return Ok(()) };
            let told = shared.time().await?;
            let reading = ClockReading { asked, told, answered: self.real_time.of_machine() };
            if best.is_none_or(|best| reading.uncertainty() < best.uncertainty()) {
                best = Some(reading);
            }
        }
        best.into_iter().for_each(|reading| self.real_time.follow(reading));
        Ok(())
    }

    /// Runs an operation until one run has seen all that it needs and is committed.
    ///
    /// # Errors
    /// [`Unavailable`]; nothing changes then.
    pub(crate) async fn run<T: Send>(
        &self,
        tag: &SandboxTag,
        rules: Rules,
        mut operation: impl FnMut(&mut State) -> T + Send,
    ) -> Result<T, Unavailable> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..MOST_ATTEMPTS {
            match self.attempt(tag, rules, &mut operation).await {
                Err(Failure::Conflict) => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                ended => return ended.map_err(unavailable),
            }
        }
        self.attempt(tag, rules, &mut operation).await.map_err(unavailable)
    }

    async fn attempt<T: Send>(
        &self,
        tag: &SandboxTag,
        rules: Rules,
        operation: &mut (impl FnMut(&mut State) -> T + Send),
    ) -> Result<T, Failure> {
        let mut transaction = self.database.begin(tag).await?;
        let mut loaded = Vec::new();
        let mut drawn = Drawn::default();
        for _ in 0..MOST_ROUNDS {
            let mut state = State::partial(tag.clone(), rules, drawn, &loaded, self.around.as_ref())?;
            let answer = operation(&mut state);
            let missing = state.missing();
            if missing.is_empty() {
                let changes = state.changes()?;
                let freed = freed(&changes);
                transaction.commit(changes, state.to_be_cut()).await?;
                state.settle();
                if let Some(now) = state.sweep_due() {
                    self.tidy(tag, rules, now).await;
                }
                if !freed.is_empty()
                    && let Err(failure) = self.database.forget(tag, freed).await
                {
                    tracing::warn!("contents that no row names are swept at the next start: {failure}");
                }
                return Ok(answer);
            }
            drawn = state.into_drawn();
            loaded.extend(transaction.load(&missing).await?);
        }
        Err(Failure::Endless)
    }

    /// As [`Database::check`].
    ///
    /// # Errors
    /// [`Failure`] if the state cannot be used.
    pub(crate) async fn check(&self) -> Result<(), Failure> {
        self.database.check().await
    }

    /// Whether other servers may use the database at the same time.
    pub(crate) fn is_shared(&self) -> bool {
        self.database.shared().is_some()
    }

    /// What other servers tell that use the database at the same time.
    pub(crate) fn shared(&self) -> Option<&dyn Shared> {
        self.database.shared()
    }

    /// Ends the downloads of what was deleted on other servers, and gives the sandboxes that are noted.
    ///
    /// # Errors
    /// [`Failure`]; the next look finds the same.
    pub(crate) async fn look(&self) -> Result<Vec<(String, String)>, Failure> {
        if let Some(shared) = self.database.shared() {
            shared.cuts().await?.iter().for_each(|id| self.around.cut(id));
        }
        self.database.records().await
    }

    /// What is noted of a sandbox.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub(crate) async fn record(&self, tag: &SandboxTag) -> Result<Option<String>, Unavailable> {
        self.database.record(tag).await.map_err(unavailable)
    }

    /// As [`Database::note`].
    ///
    /// # Errors
    /// [`Unavailable`]; it is not noted then.
    pub(crate) async fn note(
        &self,
        tag: &SandboxTag,
        seen: Option<&str>,
        body: String,
    ) -> Result<bool, Unavailable> {
        match self.database.note(tag, seen, body).await {
            Err(Failure::Conflict) => Ok(false),
            noted => noted.map_err(unavailable),
        }
    }

    /// Forgets a sandbox and all of its rows.
    ///
    /// # Errors
    /// [`Unavailable`]; it may be forgotten in part then.
    pub(crate) async fn forget(&self, tag: &SandboxTag) -> Result<(), Unavailable> {
        self.database.clear(tag, &State::all_tables()).await.map_err(unavailable)?;
        self.database.forget_record(tag).await.map_err(unavailable)?;
        match self.database.shared() {
            Some(shared) => shared.forget_told(tag).await.map_err(unavailable),
            None => Ok(()),
        }
    }

    /// Forgets everything of a sandbox but the nonces.
    ///
    /// # Errors
    /// [`Unavailable`]; nothing changes then.
    pub(crate) async fn clear(&self, tag: &SandboxTag) -> Result<(), Unavailable> {
        self.database.clear(tag, &State::forgotten_at_reset()).await.map_err(unavailable)
    }
}

impl Durable {
    /// Keeps a content outside the rows, before there is a row that names it.
    ///
    /// # Errors
    /// [`Unavailable`] if there is no room.
    pub(crate) async fn keep(&self, tag: &SandboxTag, content: &Content) -> Result<Content, Unavailable> {
        self.database.keep(tag, content).await.map_err(unavailable)
    }

    /// Removes a content that came to no row.
    pub(crate) async fn discard(&self, tag: &SandboxTag, content: &Content) {
        let Some(id) = content.id() else { return };
        if let Err(failure) = self.database.forget(tag, vec![id.to_owned()]).await {
            tracing::warn!("a content that no row names is swept at the next start: {failure}");
        }
    }

    /// Opens a content that a row names.
    ///
    /// # Errors
    /// [`Unavailable`] if it cannot be read.
    pub(crate) async fn fetch(&self, tag: &SandboxTag, content: Content) -> Result<Content, Unavailable> {
        match content.id() {
            Some(id) => self.database.fetch(tag, id, content.len()).await.map_err(unavailable),
            None => Ok(content),
        }
    }

    /// Sweeps a little if it is time, as memory does when something is added. A sweep runs operations, of
    /// which this is one, so that its type must have an end.
    fn tidy<'a>(&'a self, tag: &'a SandboxTag, rules: Rules, now: Moment) -> BoxFuture<'a, ()> {
        async move {
            if self.swept_recently(tag, now) {
                return;
            }
            if self.sweep_slice(tag, rules, now, self.real_time.now()).await.is_err() {
                tracing::warn!("a sweep was left half done");
            }
        }
        .boxed()
    }

    /// Whether a sandbox was swept not long ago on its clock; otherwise it is now.
    fn swept_recently(&self, tag: &SandboxTag, now: Moment) -> bool {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        let recently = swept.get(tag).is_some_and(|at| now.since(*at) < SWEEP_EVERY);
        if !recently {
            swept.insert(tag.clone(), now);
        }
        recently
    }

    /// Deletes what ended so long ago that nobody asks for it any more, slice by slice, and the libraries
    /// that nothing leads to, with what was pushed for them.
    ///
    /// # Errors
    /// [`Unavailable`]; the next sweep goes on from there.
    pub(crate) async fn sweep(
        &self,
        tag: &SandboxTag,
        rules: Rules,
        now: Moment,
        real_now: Moment,
    ) -> Result<(), Unavailable> {
        while self.sweep_slice(tag, rules, now, real_now).await? {}
        Ok(())
    }

    /// Sweeps a slice of each table, and says whether there is more.
    async fn sweep_slice(
        &self,
        tag: &SandboxTag,
        rules: Rules,
        now: Moment,
        real_now: Moment,
    ) -> Result<bool, Unavailable> {
        let mut most = 0;
        for (table, kept) in State::expiring() {
            let before = match kept {
                Kept::RealTime => real_now,
                kept => now.minus(kept.after(&rules.lifetimes)),
            };
            let deleted = self.database.delete_expired(tag, table, before, SLICE).await;
            most = most.max(deleted.map_err(unavailable)?);
        }
        let gone = self.database.unreachable(tag, SLICE).await.map_err(unavailable)?;
        for library in &gone {
            self.run(tag, rules, |state| state.forget_library(library)).await?;
        }
        Ok(most.max(gone.len() as u64) == u64::from(SLICE))
    }
}

/// The contents that rows named before a change and none names after it.
fn freed(changes: &[Change]) -> Vec<String> {
    let named: Vec<_> = changes.iter().filter_map(|change| change.row.as_ref()?.content()).collect();
    let before = changes.iter().filter_map(|change| change.content_before.as_ref());
    before.filter(|id| !named.contains(&id.as_str())).cloned().collect()
}

/// What the log says of a failure; clients are told no more than that they may come again.
fn unavailable(failure: Failure) -> Unavailable {
    tracing::error!("the state cannot be used: {failure}");
    Unavailable
}

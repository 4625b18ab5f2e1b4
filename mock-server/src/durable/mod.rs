//! State that lasts: units of work over a database.
//!
//! An operation of the state knows no database. It runs on tables that have only what was loaded for it;
//! if it looks for more, what it did is thrown away, the missing rows are loaded in the same transaction,
//! and it runs again. Its answer leaves when what it changed is committed. Another server that changed the
//! same rows meanwhile makes all of it run again.

#[cfg(feature = "sqlite")]
mod contents;
mod database;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod engine;
mod lifelines;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
mod private_keys;
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
#[cfg_attr(not(feature = "postgres"), allow(dead_code))]
mod telling;
mod transfer;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod unit_of_work;
mod users;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};

use crate::clock::{ClockReading, Moment, RealTime};
use crate::config::state_key::StateKey;
use crate::domain::state::{Drawn, Rules, SWEEP_EVERY, State};
use crate::domain::table::{Change, Kept, Surroundings};
use crate::domain::unavailable::Unavailable;
use crate::payload::content::Content;
use crate::random::SandboxTag;

pub(crate) use database::{Database, Failure, Transaction};
pub(crate) use lifelines::Lifelines;
use shared::Shared;
pub(crate) use transfer::{DurableSnapshot, Staged};

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

/// The rows of a server's sandboxes in a database.
#[derive(Clone)]
pub(crate) struct Durable {
    database: Arc<dyn Database>,
    around: Arc<dyn Surroundings>,
    /// What rows with private keys are encrypted with.
    state_key: Option<StateKey>,
    real_time: RealTime,
    /// Whose turn it is to try again.
    turns: Arc<tokio::sync::Mutex<()>>,
    /// When each sandbox was swept, on its clock.
    swept: Arc<Mutex<HashMap<SandboxTag, Moment>>>,
}

/// What a committed operation came to.
struct Done<T> {
    answer: T,
    /// When a sweep is due, if one is.
    sweep_due: Option<Moment>,
    /// Contents that no row names any more.
    freed: Vec<String>,
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
        state_key: Option<StateKey>,
        real_time: RealTime,
    ) -> Self {
        Self { database, around, state_key, real_time, turns: Arc::default(), swept: Arc::default() }
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
        let done = self.tried(tag, rules, &mut operation).await.map_err(unavailable)?;
        if let Some(now) = done.sweep_due {
            self.tidy(tag, rules, now).await;
        }
        if !done.freed.is_empty()
            && let Err(failure) = self.database.forget(tag, done.freed).await
        {
            tracing::warn!("contents that no row names are swept at the next start: {failure}");
        }
        Ok(done.answer)
    }

    /// Tries until nobody else was quicker. What is tried again waits for its turn, so that many requests for
    /// the same rows do not hinder each other for ever.
    async fn tried<T: Send>(
        &self,
        tag: &SandboxTag,
        rules: Rules,
        operation: &mut (impl FnMut(&mut State) -> T + Send),
    ) -> Result<Done<T>, Failure> {
        let first = self.attempt(tag, rules, operation).await;
        if !matches!(first, Err(Failure::Conflict)) {
            return first;
        }
        let _turn = self.turns.lock().await;
        let mut pause = FIRST_PAUSE;
        for _ in 1..MOST_ATTEMPTS {
            match self.attempt(tag, rules, operation).await {
                Err(Failure::Conflict) => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                ended => return ended,
            }
        }
        self.attempt(tag, rules, operation).await
    }

    async fn attempt<T: Send>(
        &self,
        tag: &SandboxTag,
        rules: Rules,
        operation: &mut (impl FnMut(&mut State) -> T + Send),
    ) -> Result<Done<T>, Failure> {
        let mut transaction = self.database.begin(tag).await?;
        let mut loaded = Vec::new();
        let mut drawn = Drawn::default();
        for _ in 0..MOST_ROUNDS {
            let mut state = State::partial(*tag, rules, drawn, &loaded, self.around.as_ref())?;
            let answer = operation(&mut state);
            let missing = state.missing();
            if missing.is_empty() {
                let changes = state.changes()?;
                let freed = freed(&changes);
                let changes = self.encrypted(changes)?;
                transaction.commit(changes, state.to_be_cut()).await?;
                state.settle();
                return Ok(Done { answer, sweep_due: state.sweep_due(), freed });
            }
            drawn = state.into_drawn();
            loaded.extend(self.opened(transaction.load(&missing).await?)?);
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
            Some(id) => {
                let fetched = self.database.fetch(tag, id, content.len()).await.map_err(unavailable)?;
                Ok(fetched.fetched(id))
            }
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
            swept.insert(*tag, now);
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

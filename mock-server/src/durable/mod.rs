//! State that lasts: units of work over a database.
//!
//! An operation of the state knows no database. It runs on tables that have only what was loaded for it;
//! if it looks for more, what it did is thrown away, the missing rows are loaded in the same transaction,
//! and it runs again. Its answer leaves when what it changed is committed. Another server that changed the
//! same rows meanwhile makes all of it run again.

mod lifelines;
#[cfg(test)]
pub(crate) mod rows;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::domain::state::{Drawn, Rules, State};
use crate::domain::table::{Change, Loaded, RowError, Surroundings, Wanted};
use crate::domain::unavailable::Unavailable;
use crate::random::SandboxTag;

pub(crate) use lifelines::Lifelines;

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
    /// An operation looks for ever more rows.
    #[error("an operation found rows missing {MOST_ROUNDS} times")]
    Endless,
}

/// A database of rows.
pub(crate) trait Database: Send + Sync {
    /// Forgets the rows of a sandbox in these tables.
    fn clear<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        tables: &'a [&'static str],
    ) -> BoxFuture<'a, Result<(), Failure>>;

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

    /// Writes what changed, all of it or nothing.
    fn commit<'a>(self: Box<Self>, changes: Vec<Change>) -> BoxFuture<'a, Result<(), Failure>>
    where
        Self: 'a;
}

/// The rows of a server's sandboxes in a database.
#[derive(Clone)]
pub(crate) struct Durable {
    database: Arc<dyn Database>,
    around: Arc<dyn Surroundings>,
}

impl fmt::Debug for Durable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Durable")
    }
}

impl Durable {
    pub(crate) fn new(database: Arc<dyn Database>, around: Arc<dyn Surroundings>) -> Self {
        Self { database, around }
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
                transaction.commit(state.changes()?).await?;
                state.settle();
                return Ok(answer);
            }
            drawn = state.into_drawn();
            loaded.extend(transaction.load(&missing).await?);
        }
        Err(Failure::Endless)
    }

    /// Forgets everything of a sandbox but the nonces.
    ///
    /// # Errors
    /// [`Unavailable`]; nothing changes then.
    pub(crate) async fn clear(&self, tag: &SandboxTag) -> Result<(), Unavailable> {
        self.database.clear(tag, &State::forgotten_at_reset()).await.map_err(unavailable)
    }
}

/// What the log says of a failure; clients are told no more than that they may come again.
fn unavailable(failure: Failure) -> Unavailable {
    tracing::error!("the state cannot be used: {failure}");
    Unavailable
}

//! What every database that speaks SQL does with rows, over a connection of its engine.

use futures_util::future::{BoxFuture, FutureExt as _};

use super::shared::Shared;
use super::statement::Statement;
use super::transfer::{Reading, StagedRows};
use super::unit_of_work::{BATCHES, UnitOfWork, write};
use super::{Database, Failure, Transaction, sql};
use crate::clock::Moment;
use crate::domain::library::LibraryId;
use crate::domain::state::{Before, NotEmpty, State};
use crate::payload::content::Content;
use crate::random::SandboxTag;

/// How many contents are removed at once.
const SOME_CONTENTS: usize = 500;

/// What is certain of the rows that a transaction reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Isolation {
    /// Each statement sees what is committed by then.
    Committed,
    /// They are as if it had run alone.
    Serialisable,
}

/// A connection in a transaction. Dropped before its end, what it changed is undone.
pub(super) trait Connection: Send {
    /// The two texts of each row that is found.
    fn rows(&mut self, statement: Statement) -> BoxFuture<'_, Result<Vec<(String, String)>, Failure>>;

    /// Changes rows, and says how many.
    fn execute(&mut self, statement: Statement) -> BoxFuture<'_, Result<u64, Failure>>;

    /// Makes what was changed certain.
    fn commit<'a>(self: Box<Self>) -> BoxFuture<'a, Result<(), Failure>>
    where
        Self: 'a;
}

/// A database that speaks SQL.
pub(super) trait Engine: Sized + Send + Sync {
    /// Begins a transaction.
    fn connect(&self, isolation: Isolation) -> BoxFuture<'_, Result<Box<dyn Connection + '_>, Failure>>;

    /// Whether other servers may use it at the same time; then it has the tables of [`super::telling`].
    fn is_shared(&self) -> bool;

    /// As [`Database::read`].
    fn read_all<'a>(&'a self, sandbox: &'a SandboxTag) -> BoxFuture<'a, Result<Box<dyn Reading>, Failure>>;

    /// As [`Database::keep`].
    fn keep_content<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        content: &'a Content,
    ) -> BoxFuture<'a, Result<Content, Failure>>;

    /// As [`Database::fetch`].
    fn fetch_content<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        id: &'a str,
        length: u64,
    ) -> BoxFuture<'a, Result<Content, Failure>>;

    /// As [`Database::forget`].
    fn forget_contents<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        ids: Vec<String>,
    ) -> BoxFuture<'a, Result<(), Failure>>;
}

impl<E: Engine> Database for E {
    fn begin<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
    ) -> BoxFuture<'a, Result<Box<dyn Transaction + 'a>, Failure>> {
        async move {
            let connection = self.connect(Isolation::Serialisable).await?;
            let is_shared = self.is_shared();
            Ok(Box::new(UnitOfWork { connection, sandbox: sandbox.as_str(), is_shared })
                as Box<dyn Transaction>)
        }
        .boxed()
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Failure>> {
        async move {
            let rows = found(self, Statement::of(sql::VERSION_TEXT)).await?;
            match rows.first().and_then(|(version, _)| version.parse().ok()) {
                Some(sql::VERSION) => Ok(()),
                found => Err(Failure::Schema { found: found.unwrap_or_default(), known: sql::VERSION }),
            }
        }
        .boxed()
    }

    fn page<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        table: &'static str,
        after: Option<&'a str>,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<(String, String)>, Failure>> {
        let statement = Statement::of(sql::page(table)).with(sandbox).with(after.unwrap_or_default());
        found(self, statement.with(i64::from(most)))
    }

    fn read<'a>(&'a self, sandbox: &'a SandboxTag) -> BoxFuture<'a, Result<Box<dyn Reading>, Failure>> {
        self.read_all(sandbox)
    }

    fn import<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        rows: StagedRows,
        before: Before,
        record: String,
    ) -> BoxFuture<'a, Result<Result<(), NotEmpty>, Failure>> {
        async move {
            let connection = self.connect(Isolation::Serialisable).await?;
            let put = import(connection, sandbox, rows, before, record).await?;
            Ok(match put {
                Ok(contents) => {
                    if let Err(failure) = forget_some(self, sandbox, contents).await {
                        tracing::warn!("contents that no row names are swept at the next start: {failure}");
                    }
                    Ok(())
                }
                Err(NotEmpty) => Err(NotEmpty),
            })
        }
        .boxed()
    }

    fn clear<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        tables: &'a [&'static str],
    ) -> BoxFuture<'a, Result<(), Failure>> {
        async move {
            let mut connection = self.connect(Isolation::Committed).await?;
            let contents = clear(connection.as_mut(), sandbox, tables).await?;
            connection.commit().await?;
            forget_some(self, sandbox, contents).await
        }
        .boxed()
    }

    fn records(&self) -> BoxFuture<'_, Result<Vec<(String, String)>, Failure>> {
        found(self, Statement::of(sql::RECORDS))
    }

    fn record<'a>(&'a self, sandbox: &'a SandboxTag) -> BoxFuture<'a, Result<Option<String>, Failure>> {
        let found = found(self, Statement::of(sql::RECORD).with(sandbox));
        found.map(|rows| Ok(rows?.into_iter().next().map(|(_, body)| body))).boxed()
    }

    fn note<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        seen: Option<&'a str>,
        body: String,
    ) -> BoxFuture<'a, Result<bool, Failure>> {
        let statement = match seen {
            Some(seen) => Statement::of(sql::NOTE_AGAIN).with(sandbox).with(body).with(seen),
            None => Statement::of(sql::NOTE).with(sandbox).with(body),
        };
        changed(self, statement).map(|changed| Ok(changed? == 1)).boxed()
    }

    fn forget_record<'a>(&'a self, sandbox: &'a SandboxTag) -> BoxFuture<'a, Result<(), Failure>> {
        changed(self, Statement::of(sql::FORGET).with(sandbox)).map(|done| done.map(|_| ())).boxed()
    }

    fn shared(&self) -> Option<&dyn Shared> {
        self.is_shared().then_some(self as &dyn Shared)
    }

    fn keep<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        content: &'a Content,
    ) -> BoxFuture<'a, Result<Content, Failure>> {
        self.keep_content(sandbox, content)
    }

    fn fetch<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        id: &'a str,
        length: u64,
    ) -> BoxFuture<'a, Result<Content, Failure>> {
        self.fetch_content(sandbox, id, length)
    }

    fn forget<'a>(&'a self, sandbox: &'a SandboxTag, ids: Vec<String>) -> BoxFuture<'a, Result<(), Failure>> {
        self.forget_contents(sandbox, ids)
    }

    fn delete_expired<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        table: &'static str,
        before: Moment,
        most: u32,
    ) -> BoxFuture<'a, Result<u64, Failure>> {
        let statement = Statement::of(sql::delete_expired(table));
        changed(self, statement.with(sandbox).with(before.millis()).with(i64::from(most)))
    }

    fn unreachable<'a>(
        &'a self,
        sandbox: &'a SandboxTag,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<LibraryId>, Failure>> {
        async move {
            changed(self, Statement::of(sql::DELETE_POSTBOXES).with(sandbox)).await?;
            let statement = Statement::of(sql::UNREACHABLE).with(sandbox).with(i64::from(most));
            Ok(found(self, statement).await?.into_iter().map(|(id, _)| id).collect())
        }
        .boxed()
    }
}

/// Forgets the rows of a sandbox in these tables, and gives the contents that they named.
async fn clear(
    connection: &mut (dyn Connection + '_),
    sandbox: &SandboxTag,
    tables: &[&'static str],
) -> Result<Vec<String>, Failure> {
    // A content that no row names yet may be about to get one.
    let contents = connection.rows(Statement::of(sql::CONTENTS_OF).with(sandbox)).await?;
    for table in tables {
        connection.execute(Statement::of(sql::clear(table)).with(sandbox)).await?;
    }
    Ok(contents.into_iter().map(|(id, _)| id).collect())
}

async fn forget_some(
    engine: &impl Engine,
    sandbox: &SandboxTag,
    contents: Vec<String>,
) -> Result<(), Failure> {
    for some in contents.chunks(SOME_CONTENTS) {
        engine.forget_contents(sandbox, some.to_vec()).await?;
    }
    Ok(())
}

/// Puts rows in the place of what a sandbox has, and gives the contents that it had.
async fn import(
    mut connection: Box<dyn Connection + '_>,
    sandbox: &SandboxTag,
    mut rows: StagedRows,
    before: Before,
    record: String,
) -> Result<Result<Vec<String>, NotEmpty>, Failure> {
    let tables = State::forgotten_at_reset();
    let contents = match before {
        Before::Replaced => clear(connection.as_mut(), sandbox, &tables).await?,
        Before::Nothing => {
            for table in tables {
                let any = Statement::of(sql::any(table)).with(sandbox);
                if !connection.rows(any).await?.is_empty() {
                    return Ok(Err(NotEmpty));
                }
            }
            Vec::new()
        }
    };
    let mut some = Vec::with_capacity(BATCHES[0]);
    while let Some(change) = rows.next()? {
        some.push(change);
        if some.len() == BATCHES[0] {
            write(connection.as_mut(), sandbox.as_str(), std::mem::take(&mut some)).await?;
        }
    }
    write(connection.as_mut(), sandbox.as_str(), some).await?;
    connection.execute(Statement::of(sql::NOTE_ANYHOW).with(sandbox).with(record)).await?;
    connection.commit().await?;
    Ok(Ok(contents))
}

/// The rows that a statement finds on its own.
pub(super) fn found(
    engine: &impl Engine,
    statement: Statement,
) -> BoxFuture<'_, Result<Vec<(String, String)>, Failure>> {
    async move { engine.connect(Isolation::Committed).await?.rows(statement).await }.boxed()
}

/// How many rows a statement changes on its own.
pub(super) fn changed(engine: &impl Engine, statement: Statement) -> BoxFuture<'_, Result<u64, Failure>> {
    async move {
        let mut connection = engine.connect(Isolation::Committed).await?;
        let changed = connection.execute(statement).await?;
        connection.commit().await.map(|()| changed)
    }
    .boxed()
}

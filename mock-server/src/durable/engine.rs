//! What every database that speaks SQL does with rows, over a connection of its engine.

use std::collections::HashMap;

use futures_util::future::{BoxFuture, FutureExt as _};

use super::shared::Shared;
use super::statement::Statement;
use super::transfer::{Reading, StagedRows};
use super::{Database, Failure, Transaction, sql};
use crate::clock::Moment;
use crate::domain::library::LibraryId;
use crate::domain::state::{Before, NotEmpty, State};
use crate::domain::table::{By, Change, Loaded, Wanted};
use crate::payload::content::Content;
use crate::random::SandboxTag;

/// How many contents are removed at once.
const SOME_CONTENTS: usize = 500;
/// How many rows are written or looked up at once.
const BATCHES: [usize; 3] = [64, 8, 1];

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

/// A transaction on the rows of a sandbox.
struct UnitOfWork<'a> {
    connection: Box<dyn Connection + 'a>,
    sandbox: &'a str,
    /// Whether others must be told what is cut.
    is_shared: bool,
}

impl Transaction for UnitOfWork<'_> {
    fn load<'a>(&'a mut self, wanted: &'a [Wanted]) -> BoxFuture<'a, Result<Vec<Loaded>, Failure>> {
        async move {
            let mut loaded = Vec::with_capacity(wanted.len());
            let mut rest = wanted;
            for size in batches(wanted, |a, b| match (&a.by, &b.by) {
                (By::Key(_), By::Key(_)) => a.table == b.table,
                _ => false,
            }) {
                let (some, others) = rest.split_at(size);
                load(self.connection.as_mut(), self.sandbox, some, &mut loaded).await?;
                rest = others;
            }
            Ok(loaded)
        }
        .boxed()
    }

    fn commit<'a>(
        mut self: Box<Self>,
        changes: Vec<Change>,
        cut: Vec<String>,
    ) -> BoxFuture<'a, Result<(), Failure>>
    where
        Self: 'a,
    {
        async move {
            write(self.connection.as_mut(), self.sandbox, changes).await?;
            for lifeline in cut.into_iter().filter(|_| self.is_shared) {
                self.connection.execute(Statement::of(sql::CUT).with(lifeline)).await?;
            }
            // What was only read is certain at the end, too.
            self.connection.commit().await
        }
        .boxed()
    }
}

/// Loads what is wanted: the rows with one value in a column, or with some keys of one table.
async fn load(
    connection: &mut (dyn Connection + '_),
    sandbox: &str,
    wanted: &[Wanted],
    loaded: &mut Vec<Loaded>,
) -> Result<(), Failure> {
    let [Wanted { table, by }, ..] = wanted else { return Ok(()) };
    if let By::Column(column, value) = by {
        let statement = Statement::of(sql::by_column(table, column)).with(sandbox);
        let rows = connection.rows(statement.with(value.as_str())).await?;
        loaded.extend(wanted.iter().cloned().map(|wanted| Loaded { wanted, rows: rows.clone() }));
        return Ok(());
    }
    let key = |wanted: &Wanted| match &wanted.by {
        By::Key(key) | By::Column(_, key) => key.clone(),
    };
    let statement = Statement::of(sql::by_keys(table, wanted.len())).with(sandbox);
    let statement = wanted.iter().fold(statement, |statement, wanted| statement.with(key(wanted)));
    let mut found: HashMap<_, _> = connection.rows(statement).await?.into_iter().collect();
    loaded.extend(wanted.iter().map(|wanted| {
        let rows = found.remove_entry(&key(wanted)).into_iter().collect();
        Loaded { wanted: wanted.clone(), rows }
    }));
    Ok(())
}

/// Writes changes, many of one table at once.
async fn write(
    connection: &mut (dyn Connection + '_),
    sandbox: &str,
    changes: Vec<Change>,
) -> Result<(), Failure> {
    let sizes = batches(&changes, |a, b| a.table == b.table && a.row.is_some() == b.row.is_some());
    let mut changes = changes.into_iter();
    for size in sizes {
        connection.execute(written(sandbox, changes.by_ref().take(size))).await?;
    }
    Ok(())
}

/// What brings changes of one kind to one table into the database.
fn written(sandbox: &str, changes: impl ExactSizeIterator<Item = Change>) -> Statement {
    let rows = changes.len();
    let mut changes = changes.peekable();
    let text = changes.peek().map(|Change { table, row, .. }| match row {
        Some(row) => {
            let columns: Vec<_> = row.columns.iter().map(|(name, _)| *name).collect();
            sql::upsert(table, &columns, rows)
        }
        None => sql::delete(table, rows),
    });
    let statement = Statement::of(text.unwrap_or_default()).with(sandbox);
    changes.fold(statement, |statement, change| {
        let statement = statement.with(change.key);
        let Some(row) = change.row else { return statement };
        let statement = statement.with(row.body).with(row.expires.map(Moment::millis));
        row.columns.into_iter().fold(statement, |statement, (_, value)| statement.with(value))
    })
}

/// How many items in a row go into one statement each. Few sizes, so that the texts of few statements are
/// prepared and kept.
fn batches<T>(items: &[T], belong_together: impl FnMut(&T, &T) -> bool) -> Vec<usize> {
    let mut sizes = Vec::new();
    for group in items.chunk_by(belong_together) {
        let mut left = group.len();
        for size in BATCHES {
            sizes.extend(std::iter::repeat_n(size, left / size));
            left %= size;
        }
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_together_is_written_together() {
        let items = [vec!['a'; 75], vec!['b'; 1], vec!['a'; 8]].concat();
        assert_eq!(batches(&items, |a, b| a == b), [64, 8, 1, 1, 1, 1, 8]);
        assert!(batches::<char>(&[], |a, b| a == b).is_empty());
    }
}

//! One transaction: rows are loaded and written many at once, in statements of few sizes.

use std::collections::HashMap;

use futures_util::future::{BoxFuture, FutureExt as _};

use super::engine::Connection;
use super::statement::Statement;
use super::{Failure, Transaction, sql};
use crate::clock::Moment;
use crate::domain::table::{By, Change, Loaded, Wanted};

/// How many rows are written or looked up at once.
pub(super) const BATCHES: [usize; 3] = [64, 8, 1];

/// A transaction on the rows of a sandbox.
pub(super) struct UnitOfWork<'a> {
    pub(super) connection: Box<dyn Connection + 'a>,
    pub(super) sandbox: &'a str,
    /// Whether others must be told what is cut.
    pub(super) is_shared: bool,
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
pub(super) async fn write(
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

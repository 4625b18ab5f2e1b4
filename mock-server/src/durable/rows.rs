//! A database of serialised rows in memory: what every engine must be, without any SQL. Tests prove with
//! it that each operation of the state finds what it needs, and that rows come back as they were written.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use futures_util::future::{BoxFuture, FutureExt as _};
use tokio::sync::{Mutex, MutexGuard};

use super::transfer::{Reading, StagedRows};
use super::{Database, Failure, Transaction};
use crate::clock::Moment;
use crate::domain::library::LibraryId;
use crate::domain::state::{Before, NotEmpty, State};
use crate::domain::table::{By, Change, Loaded, RowImage, Wanted};
use crate::payload::content::Content;
use crate::random::SandboxTag;

type Rows = BTreeMap<(&'static str, String), RowImage>;

/// The rows of one sandbox.
#[derive(Debug, Default)]
pub(crate) struct RowsInMemory {
    rows: Mutex<Rows>,
    written: Mutex<Vec<(&'static str, String)>>,
    commits: AtomicU32,
    /// Every so many commits another server was quicker; never, if it is 0.
    conflicts_every: u32,
    /// Whether it cannot be reached.
    pub(crate) is_lost: AtomicBool,
}

impl RowsInMemory {
    pub(crate) fn with_conflicts_every(conflicts_every: u32) -> Self {
        Self { conflicts_every, ..Self::default() }
    }

    /// All that was ever written to a table.
    pub(crate) async fn bodies(&self, table: &str) -> Vec<String> {
        let written = self.written.lock().await;
        written.iter().filter(|(name, _)| *name == table).map(|(_, body)| body.clone()).collect()
    }
}

struct OneAtATime<'a> {
    rows: MutexGuard<'a, Rows>,
    written: MutexGuard<'a, Vec<(&'static str, String)>>,
    conflicts: bool,
}

impl Database for RowsInMemory {
    fn clear<'a>(
        &'a self,
        _: &'a SandboxTag,
        tables: &'a [&'static str],
    ) -> BoxFuture<'a, Result<(), Failure>> {
        async {
            self.rows.lock().await.retain(|(table, _), _| !tables.contains(table));
            Ok(())
        }
        .boxed()
    }

    fn records(&self) -> BoxFuture<'_, Result<Vec<(String, String)>, Failure>> {
        std::future::ready(Ok(Vec::new())).boxed()
    }

    fn record<'a>(&'a self, _: &'a SandboxTag) -> BoxFuture<'a, Result<Option<String>, Failure>> {
        std::future::ready(Ok(None)).boxed()
    }

    fn note<'a>(
        &'a self,
        _: &'a SandboxTag,
        _: Option<&'a str>,
        _: String,
    ) -> BoxFuture<'a, Result<bool, Failure>> {
        std::future::ready(Ok(true)).boxed()
    }

    fn forget_record<'a>(&'a self, _: &'a SandboxTag) -> BoxFuture<'a, Result<(), Failure>> {
        std::future::ready(Ok(())).boxed()
    }

    /// Rows have their contents in them.
    fn keep<'a>(
        &'a self,
        _: &'a SandboxTag,
        content: &'a Content,
    ) -> BoxFuture<'a, Result<Content, Failure>> {
        std::future::ready(Ok(content.clone())).boxed()
    }

    fn fetch<'a>(
        &'a self,
        _: &'a SandboxTag,
        id: &'a str,
        _: u64,
    ) -> BoxFuture<'a, Result<Content, Failure>> {
        std::future::ready(Err(Failure::Lost(format!("{id} is nowhere")))).boxed()
    }

    fn forget<'a>(&'a self, _: &'a SandboxTag, _: Vec<String>) -> BoxFuture<'a, Result<(), Failure>> {
        std::future::ready(Ok(())).boxed()
    }

    fn delete_expired<'a>(
        &'a self,
        _: &'a SandboxTag,
        table: &'static str,
        before: Moment,
        _: u32,
    ) -> BoxFuture<'a, Result<u64, Failure>> {
        let is_expired = move |row: &RowImage| row.expires.is_some_and(|end| end <= before);
        async move {
            self.rows.lock().await.retain(|(name, _), row| *name != table || !is_expired(row));
            Ok(0)
        }
        .boxed()
    }

    /// A library that no other row names.
    fn unreachable<'a>(
        &'a self,
        _: &'a SandboxTag,
        _: u32,
    ) -> BoxFuture<'a, Result<Vec<LibraryId>, Failure>> {
        async {
            let rows = self.rows.lock().await;
            let leads = |id: &String| {
                let mut others = rows.iter().filter(|((table, _), _)| {
                    !["pushed_files", "pending_pushes", "storages", "postboxes"].contains(table)
                });
                others.any(|(_, row)| row.columns.contains(&("library", Some(id.clone()))))
            };
            let libraries = rows.keys().filter(|(table, id)| *table == "libraries" && !leads(id));
            Ok(libraries.map(|(_, id)| id.clone()).collect())
        }
        .boxed()
    }

    fn page<'a>(
        &'a self,
        _: &'a SandboxTag,
        table: &'static str,
        after: Option<&'a str>,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<(String, String)>, Failure>> {
        async move { AsTheyWere(self.rows.lock().await.clone()).page(table, after, most).await }.boxed()
    }

    fn read<'a>(&'a self, _: &'a SandboxTag) -> BoxFuture<'a, Result<Box<dyn Reading>, Failure>> {
        async { Ok(Box::new(AsTheyWere(self.rows.lock().await.clone())) as Box<dyn Reading>) }.boxed()
    }

    fn import<'a>(
        &'a self,
        _: &'a SandboxTag,
        mut staged: StagedRows,
        before: Before,
        _: String,
    ) -> BoxFuture<'a, Result<Result<(), NotEmpty>, Failure>> {
        async move {
            let mut rows = self.rows.lock().await;
            let forgotten = State::forgotten_at_reset();
            if before == Before::Nothing && rows.keys().any(|(table, _)| forgotten.contains(table)) {
                return Ok(Err(NotEmpty));
            }
            rows.retain(|(table, _), _| !forgotten.contains(table));
            while let Some(change) = staged.next()? {
                rows.extend(change.row.map(|row| ((change.table, change.key), row)));
            }
            Ok(Ok(()))
        }
        .boxed()
    }

    fn begin<'a>(&'a self, _: &'a SandboxTag) -> BoxFuture<'a, Result<Box<dyn Transaction + 'a>, Failure>> {
        async {
            if self.is_lost.load(Ordering::Relaxed) {
                return Err(Failure::Lost("the test took it away".to_owned()));
            }
            let commits = self.commits.fetch_add(1, Ordering::Relaxed);
            let conflicts = self.conflicts_every > 0 && commits.is_multiple_of(self.conflicts_every);
            let (rows, written) = (self.rows.lock().await, self.written.lock().await);
            Ok(Box::new(OneAtATime { rows, written, conflicts }) as Box<dyn Transaction>)
        }
        .boxed()
    }
}

/// A copy of all rows.
struct AsTheyWere(Rows);

impl Reading for AsTheyWere {
    fn page<'a>(
        &'a mut self,
        table: &'static str,
        after: Option<&'a str>,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<(String, String)>, Failure>> {
        let rows = self
            .0
            .iter()
            .filter(|((name, key), _)| *name == table && after.is_none_or(|it| it < key.as_str()));
        let page = rows.take(most as usize).map(|((_, key), row)| (key.clone(), row.body.clone())).collect();
        std::future::ready(Ok(page)).boxed()
    }

    fn fetch<'a>(&'a mut self, id: &'a str, _: u64) -> BoxFuture<'a, Result<Content, Failure>> {
        std::future::ready(Err(Failure::Lost(format!("{id} is nowhere")))).boxed()
    }
}

impl Transaction for OneAtATime<'_> {
    fn load<'a>(&'a mut self, wanted: &'a [Wanted]) -> BoxFuture<'a, Result<Vec<Loaded>, Failure>> {
        let meets = |wanted: &Wanted, table: &str, key: &String, row: &RowImage| {
            let chosen = match &wanted.by {
                By::Key(wanted) => wanted == key,
                By::Column(column, value) => row.columns.contains(&(*column, Some(value.clone()))),
            };
            wanted.table == table && chosen
        };
        let loaded = wanted.iter().map(|wanted| {
            let rows = self.rows.iter().filter(|((table, key), row)| meets(wanted, table, key, row));
            let rows = rows.map(|((_, key), row)| (key.clone(), row.body.clone())).collect();
            Loaded { wanted: wanted.clone(), rows }
        });
        std::future::ready(Ok(loaded.collect())).boxed()
    }

    fn commit<'a>(
        mut self: Box<Self>,
        changes: Vec<Change>,
        _: Vec<String>,
    ) -> BoxFuture<'a, Result<(), Failure>>
    where
        Self: 'a,
    {
        if self.conflicts {
            return std::future::ready(Err(Failure::Conflict)).boxed();
        }
        for Change { table, key, row, .. } in changes {
            self.written.extend(row.iter().map(|row| (table, row.body.clone())));
            match row {
                Some(row) => self.rows.insert((table, key), row),
                None => self.rows.remove(&(table, key)),
            };
        }
        std::future::ready(Ok(())).boxed()
    }
}

//! All rows of a sandbox on their way out of a database, and into one.

use std::collections::VecDeque;
use std::fmt;
use std::io;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::{Durable, FIRST_PAUSE, Failure, LONGEST_PAUSE, MOST_ATTEMPTS, private_keys, unavailable};
use crate::clock::Moment;
use crate::config::state_key::StateKey;
use crate::domain::state::{Before, IncomingRow, NotEmpty, State};
use crate::domain::table::{Change, PortableRow, RowImage, Shares};
use crate::domain::unavailable::Unavailable;
use crate::payload::content::{Content, ContentWriter};
use crate::random::SandboxTag;
use crate::state_file::Lines;

/// How many rows are read at once.
const PAGE: u32 = 100;
/// How much of what is staged is read at once.
const PORTION: usize = 64 * 1024;
/// How many contents are removed at once.
const SOME: usize = 500;

/// A transaction that only reads: it sees the rows of a sandbox as they were when it began, while others go on.
pub(crate) trait Reading: Send {
    /// Some rows of a table in the order of the bytes of their keys: those after a key, or the first.
    fn page<'a>(
        &'a mut self,
        table: &'static str,
        after: Option<&'a str>,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<(String, String)>, Failure>>;

    /// A content that a row names.
    fn fetch<'a>(&'a mut self, id: &'a str, length: u64) -> BoxFuture<'a, Result<Content, Failure>>;
}

/// All rows of a sandbox in a database, as they were at one moment.
pub(crate) struct DurableSnapshot {
    reading: Box<dyn Reading>,
    state_key: Option<StateKey>,
    shares: Shares,
    /// What knows the form of rows.
    schema: State,
    tables: VecDeque<&'static str>,
    page: VecDeque<(String, String)>,
    last: Option<String>,
}

impl fmt::Debug for DurableSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DurableSnapshot")
    }
}

impl DurableSnapshot {
    /// The next row; none after the last.
    ///
    /// # Errors
    /// If the database can no longer be used.
    pub(crate) async fn next(&mut self) -> io::Result<Option<(&'static str, PortableRow)>> {
        self.next_row().await.map_err(io::Error::other)
    }

    async fn next_row(&mut self) -> Result<Option<(&'static str, PortableRow)>, Failure> {
        while let Some(table) = self.tables.front().copied() {
            let Some((key, body)) = self.page.pop_front() else {
                let page = self.reading.page(table, self.last.as_deref(), PAGE).await?;
                if page.is_empty() {
                    self.tables.pop_front();
                }
                self.last = page.last().map(|(key, _)| key.clone());
                self.page = page.into();
                continue;
            };
            let body = private_keys::opened(table, &key, body, self.state_key.as_ref())?;
            let Some(mut row) = self.schema.portable(table, &key, &body, self.shares)? else { continue };
            let kept = row.content.as_ref().and_then(|it| Some((it.id()?.to_owned(), it.len())));
            if let Some((id, length)) = kept {
                row.content = Some(self.reading.fetch(&id, length).await?);
            }
            return Ok(Some((table, row)));
        }
        Ok(None)
    }
}

/// Rows that nobody sees yet: their contents are in the database already, they themselves in a temporary file.
#[derive(Debug)]
pub(crate) struct Staged {
    durable: Durable,
    tag: SandboxTag,
    /// The names of the tables, by their places.
    tables: Vec<&'static str>,
    rows: ContentWriter,
}

/// A row as the temporary file has it.
#[derive(Serialize, Deserialize)]
struct StagedRow {
    table: usize,
    key: String,
    body: String,
    expires: Option<Moment>,
    columns: Vec<Option<String>>,
}

/// The rows of the temporary file.
#[derive(Debug)]
pub(crate) struct StagedRows {
    rows: Content,
    position: u64,
    lines: Lines,
    schema: Vec<(&'static str, Vec<&'static str>)>,
}

impl Staged {
    /// Takes a row in, with its content.
    ///
    /// # Errors
    /// [`Unavailable`] if there is no room.
    pub(crate) async fn take(
        &mut self,
        mut row: IncomingRow,
        content: Option<Content>,
    ) -> Result<(), Unavailable> {
        if let Some(content) = content {
            row.row.join(self.durable.keep(&self.tag, &content).await?);
        }
        self.write(row).map_err(|error| {
            tracing::error!("a row cannot be staged: {error}");
            Unavailable
        })
    }

    fn write(&mut self, row: IncomingRow) -> io::Result<()> {
        let RowImage { body, expires, columns } = row.row.image().map_err(io::Error::other)?;
        let columns = columns.into_iter().map(|(_, value)| value).collect();
        let table = self.tables.get(row.place).copied().unwrap_or_default();
        let body = private_keys::encrypted(table, &row.key, body, self.durable.state_key.as_ref());
        let body = body.map_err(io::Error::other)?;
        let row = StagedRow { table: row.place, key: row.key, body, expires, columns };
        let mut line = serde_json::to_vec(&row)?;
        line.push(b'\n');
        self.rows.write(&line)
    }

    /// Forgets what was taken in.
    pub(crate) async fn discard(self) {
        let Self { durable, tag, rows, .. } = self;
        forget_contents(&durable, &tag, &rows.finish()).await;
    }
}

impl StagedRows {
    fn of(rows: &Content) -> Self {
        Self { rows: rows.clone(), position: 0, lines: Lines::default(), schema: State::schema() }
    }

    /// The next row; none after the last.
    ///
    /// # Errors
    /// If the temporary file cannot be read.
    pub(crate) fn next(&mut self) -> Result<Option<Change>, Failure> {
        loop {
            if let Some(line) = self.lines.next().map_err(|_| torn("a line is too long"))? {
                return self.read(&line).map(Some);
            }
            let piece = self.rows.piece(self.position, PORTION).map_err(torn)?;
            if piece.is_empty() {
                return Ok(None);
            }
            self.position += piece.len() as u64;
            self.lines.feed(&piece);
        }
    }

    fn read(&self, line: &[u8]) -> Result<Change, Failure> {
        let row: StagedRow = serde_json::from_slice(line).map_err(torn)?;
        let (table, columns) = self.schema.get(row.table).ok_or_else(|| torn("there is no such table"))?;
        let columns = columns.iter().copied().zip(row.columns).collect();
        let image = RowImage { body: row.body, expires: row.expires, columns };
        Ok(Change { table, key: row.key, row: Some(image), content_before: None })
    }
}

fn torn(problem: impl ToString) -> Failure {
    Failure::Lost(format!("what was staged cannot be read: {}", problem.to_string()))
}

impl Durable {
    /// All rows of a sandbox as they are now.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub(crate) async fn snapshot(
        &self,
        tag: &SandboxTag,
        shares: Shares,
    ) -> Result<DurableSnapshot, Unavailable> {
        let reading = self.database.read(tag).await.map_err(unavailable)?;
        let tables = State::all_tables().into();
        Ok(DurableSnapshot {
            reading,
            state_key: self.state_key.clone(),
            shares,
            schema: State::of_no_sandbox(),
            tables,
            page: VecDeque::new(),
            last: None,
        })
    }

    /// A place for rows that are to be put in place together.
    pub(crate) fn stage(&self, tag: &SandboxTag) -> Staged {
        let tables = State::schema().into_iter().map(|(table, _)| table).collect();
        Staged { durable: self.clone(), tag: *tag, tables, rows: ContentWriter::new() }
    }

    /// Puts rows in the place of what a sandbox has, and notes it, in one transaction.
    ///
    /// # Errors
    /// [`Unavailable`]; nothing changes then.
    pub(crate) async fn put_in_place(
        &self,
        staged: Staged,
        before: Before,
        record: String,
    ) -> Result<Result<(), NotEmpty>, Unavailable> {
        let Staged { tag, rows, .. } = staged;
        let rows = rows.finish();
        let mut pause = FIRST_PAUSE;
        let mut put = Err(Failure::Conflict);
        for _ in 0..MOST_ATTEMPTS {
            put = self.database.import(&tag, StagedRows::of(&rows), before, record.clone()).await;
            if !matches!(put, Err(Failure::Conflict)) {
                break;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        // Whoever lost the database does not know whether the rows are there, and name them.
        if matches!(put, Ok(Err(NotEmpty)) | Err(Failure::Conflict)) {
            forget_contents(self, &tag, &rows).await;
        }
        put.map_err(unavailable)
    }
}

/// Removes the contents of rows that are not put in place.
async fn forget_contents(durable: &Durable, tag: &SandboxTag, rows: &Content) {
    let mut rows = StagedRows::of(rows);
    let mut some = Vec::new();
    let mut left = true;
    while left {
        match rows.next() {
            Ok(Some(change)) => {
                some.extend(change.row.as_ref().and_then(RowImage::content).map(str::to_owned));
            }
            Ok(None) | Err(_) => left = false,
        }
        let enough = !left || some.len() >= SOME;
        if enough && let Err(failure) = durable.database.forget(tag, std::mem::take(&mut some)).await {
            tracing::warn!("contents that no row names are swept at the next start: {failure}");
            return;
        }
    }
}

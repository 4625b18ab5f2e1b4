//! All rows of a store on their way into a file, and out of one.

use std::collections::VecDeque;
use std::sync::PoisonError;

use super::{Engine, Store};
use crate::domain::state::{Before, Incoming, IncomingRow, NotEmpty, State};
use crate::domain::table::{ExportError, PortableRow, Shares, Surroundings};
use crate::domain::unavailable::Unavailable;
#[cfg(any(test, feature = "durable"))]
use crate::durable::{DurableSnapshot, Staged};
use crate::payload::content::{Content, ContentWriter};
use crate::state_file::Lines;

/// How much of the copied rows is read at once.
const PORTION: usize = 64 * 1024;

/// All rows of a sandbox as they were at one moment, to be taken one by one.
#[derive(Debug)]
pub(crate) enum Snapshot {
    /// Of a state in memory.
    Memory(Copy),
    /// Of a database.
    #[cfg(any(test, feature = "durable"))]
    Durable(Box<DurableSnapshot>),
}

/// The rows of a state in memory, copied out of it: the longer a file takes, the less others should wait.
#[derive(Debug)]
pub(crate) struct Copy {
    rows: Content,
    position: u64,
    lines: Lines,
    /// The contents of those rows that have one, which they share with the state.
    contents: VecDeque<Content>,
    tables: Vec<&'static str>,
}

/// Rows of a file that nobody sees yet.
#[derive(Debug)]
pub(crate) struct Intake {
    incoming: Incoming,
    #[cfg(any(test, feature = "durable"))]
    staged: Option<Staged>,
}

impl Store {
    /// All rows as they are now.
    ///
    /// # Errors
    /// [`Unavailable`] if they cannot be read, or copied.
    pub(crate) async fn snapshot(&self, shares: Shares) -> Result<Snapshot, Unavailable> {
        match &self.engine {
            Engine::Memory(state) => {
                let state = state.lock().unwrap_or_else(PoisonError::into_inner);
                let copy = Copy::of(&state, shares).map_err(|error| unavailable(&error))?;
                Ok(Snapshot::Memory(copy))
            }
            #[cfg(any(test, feature = "durable"))]
            Engine::Durable(durable) => {
                Ok(Snapshot::Durable(Box::new(durable.snapshot(&self.tag, shares).await?)))
            }
        }
    }

    /// A place for the rows of a file.
    pub(crate) fn intake(&self, shares: Shares) -> Intake {
        Intake {
            incoming: Incoming::new(self.tag, self.rules, shares.secrets),
            #[cfg(any(test, feature = "durable"))]
            staged: match &self.engine {
                Engine::Memory(_) => None,
                Engine::Durable(durable) => Some(durable.stage(&self.tag)),
            },
        }
    }

    /// Puts the rows of a whole file in the place of what there is, all of them or none; `record` is noted with
    /// them.
    ///
    /// # Errors
    /// [`Unavailable`]; nothing changes then.
    pub(crate) async fn put_in_place(
        &self,
        intake: Intake,
        before: Before,
        _record: impl FnOnce() -> Result<String, Unavailable>,
    ) -> Result<Result<(), NotEmpty>, Unavailable> {
        match &self.engine {
            Engine::Memory(state) => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                if before == Before::Nothing && !state.is_unused() {
                    return Ok(Err(NotEmpty));
                }
                *state = intake.incoming.into_state(&mut state);
                Ok(Ok(()))
            }
            #[cfg(any(test, feature = "durable"))]
            Engine::Durable(durable) => match intake.staged {
                Some(staged) => durable.put_in_place(staged, before, _record()?).await,
                None => Err(Unavailable),
            },
        }
    }
}

impl Intake {
    /// The rows that it takes.
    pub(crate) fn incoming(&mut self) -> &mut Incoming {
        &mut self.incoming
    }

    /// Takes a row in, with its content.
    ///
    /// # Errors
    /// [`Unavailable`] if there is no room.
    pub(crate) async fn take(
        &mut self,
        mut row: IncomingRow,
        content: Option<Content>,
        around: &dyn Surroundings,
    ) -> Result<(), Unavailable> {
        #[cfg(any(test, feature = "durable"))]
        if let Some(staged) = &mut self.staged {
            return staged.take(row, content).await;
        }
        if let Some(content) = content {
            row.row.join(content);
        }
        self.incoming.take_in(row, around);
        Ok(())
    }

    /// Forgets what was taken in.
    pub(crate) async fn discard(self) {
        #[cfg(any(test, feature = "durable"))]
        if let Some(staged) = self.staged {
            staged.discard().await;
        }
    }
}

impl Snapshot {
    /// The next row; none after the last.
    ///
    /// # Errors
    /// If it cannot be read any more.
    pub(crate) async fn next(&mut self) -> std::io::Result<Option<(&'static str, PortableRow)>> {
        match self {
            Self::Memory(copy) => copy.next(),
            #[cfg(any(test, feature = "durable"))]
            Self::Durable(snapshot) => snapshot.next().await,
        }
    }
}

impl Copy {
    fn of(state: &State, shares: Shares) -> Result<Self, ExportError> {
        let (mut rows, mut contents, mut tables) = (ContentWriter::new(), VecDeque::new(), Vec::new());
        state.export(shares, &mut |table, PortableRow { key, body, content }| {
            if tables.last() != Some(&table) {
                tables.push(table);
            }
            let (table, mark) = (tables.len() - 1, if content.is_some() { '+' } else { '-' });
            contents.extend(content);
            rows.write(format!("{table}\t{mark}\t{}\t{body}\n", serde_json::to_string(&key)?).as_bytes())
        })?;
        Ok(Self { rows: rows.finish(), position: 0, lines: Lines::default(), contents, tables })
    }

    fn next(&mut self) -> std::io::Result<Option<(&'static str, PortableRow)>> {
        loop {
            if let Some(line) = self.lines.next().map_err(|_| torn())? {
                return self.read(&line).map(Some);
            }
            let piece = self.rows.piece(self.position, PORTION)?;
            if piece.is_empty() {
                return Ok(None);
            }
            self.position += piece.len() as u64;
            self.lines.feed(&piece);
        }
    }

    fn read(&mut self, line: &[u8]) -> std::io::Result<(&'static str, PortableRow)> {
        let line = std::str::from_utf8(line).map_err(|_| torn())?;
        let mut parts = line.splitn(4, '\t');
        let mut part = || parts.next().ok_or_else(torn);
        let (table, mark, key, body) = (part()?, part()?, part()?, part()?);
        let table = table.parse().ok().and_then(|table: usize| self.tables.get(table)).ok_or_else(torn)?;
        let content = if mark == "+" { self.contents.pop_front() } else { None };
        Ok((*table, PortableRow { key: serde_json::from_str(key)?, body: body.to_owned(), content }))
    }
}

fn torn() -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, "the copied rows are not as they were written")
}

fn unavailable(error: &ExportError) -> Unavailable {
    tracing::error!("the state cannot be exported: {error}");
    Unavailable
}

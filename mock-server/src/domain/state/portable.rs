//! A state on its way into a file, and out of one.

use std::io;

use super::rows::Fact;
use super::{Rules, State};
use crate::domain::table::{
    ExportError, PortableRow, ReadRow, Row as _, RowError, Share, Shares, Surroundings, Told,
};
use crate::random::SandboxTag;

impl State {
    /// All rows, table by table, in the order of their keys; with secrets or without.
    ///
    /// # Errors
    /// What `to` says, or [`RowError`].
    pub(crate) fn export(
        &self,
        shares: Shares,
        to: &mut dyn FnMut(&'static str, PortableRow) -> io::Result<()>,
    ) -> Result<(), ExportError> {
        for table in self.tables() {
            table.export(shares, &mut |row| to(table.name(), row))?;
        }
        Ok(())
    }

    /// A row of a database as a file has it; none if the file has no secrets and the row is one.
    ///
    /// # Errors
    /// [`RowError`] if it is not as this version writes it.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn portable(
        &self,
        table: &str,
        key: &str,
        body: &str,
        shares: Shares,
    ) -> Result<Option<PortableRow>, RowError> {
        let table = self.tables().into_iter().find(|known| known.name() == table);
        table.map_or(Ok(None), |table| table.portable(key, body, shares))
    }

    /// Whether it has nothing that a reset would forget.
    pub(crate) fn is_unused(&self) -> bool {
        let kept = self.nonces.tables().map(|table| table.name());
        self.tables().iter().all(|table| table.is_empty() || kept.contains(&table.name()))
    }
}

/// What is to become of what a sandbox has when a state is imported into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// There must be nothing.
    Nothing,
    /// It is forgotten.
    Replaced,
}

/// The sandbox has users, tokens or files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotEmpty;

/// A row of a file, for a table.
#[derive(Debug)]
pub(crate) struct IncomingRow {
    /// The place of its table among all.
    pub(crate) place: usize,
    /// Its key.
    #[cfg_attr(not(any(test, feature = "durable")), allow(dead_code))]
    pub(crate) key: String,
    /// The row.
    pub(crate) row: Box<dyn ReadRow>,
}

/// What comes out of a file: the rows of a sandbox, each once, in their order.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// What was taken in.
    state: State,
    secrets: Share,
    last: Option<(usize, String)>,
    /// Bytes of everything that is pushed.
    pushed: u64,
}

/// Why a row of a file is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IncomingError {
    /// There is no such table.
    #[error("there is no table \"{0}\"")]
    Table(String),
    /// It is not where it belongs, or is there twice.
    #[error(
        "the row {1} of {0} stands before this one; rows stand in the order of tables and keys, each once"
    )]
    Order(&'static str, String),
    /// The file says that it has none like it.
    #[error("the file says that it has no secrets, and this row of {0} is one")]
    Secret(&'static str),
    /// It is not as this version writes it.
    #[error(transparent)]
    Row(#[from] RowError),
}

impl Incoming {
    /// Nothing yet, of a sandbox, from a file with secrets or without.
    pub(crate) fn new(tag: SandboxTag, rules: Rules, secrets: Share) -> Self {
        Self { state: State::new(tag, rules), secrets, last: None, pushed: 0 }
    }

    /// Reads a row, and gives it with what is to be taken in besides.
    ///
    /// # Errors
    /// [`IncomingError`].
    pub(crate) fn read(
        &mut self,
        table: &str,
        key: String,
        row: &str,
    ) -> Result<(IncomingRow, Option<IncomingRow>), IncomingError> {
        let tables = self.state.tables();
        let place = tables.iter().position(|known| known.name() == table);
        let place = place.ok_or_else(|| IncomingError::Table(table.chars().take(60).collect()))?;
        let table = tables[place].name();
        if let Some((last, before)) = &self.last
            && (*last, before) >= (place, &key)
        {
            return Err(IncomingError::Order(tables[*last].name(), before.clone()));
        }
        let mut row = tables[place].read(&self.state.tag, &key, row)?;
        if self.secrets == Share::LeftOut && row.told() == Told::WithSecrets {
            return Err(IncomingError::Secret(table));
        }
        row.count(self.pushed);
        self.pushed = self.pushed.saturating_add(row.cost());
        // Without tokens, nothing else leads to a user.
        let besides = match self.secrets {
            Share::LeftOut if table == crate::domain::library::Library::TABLE => Some(self.imported(&key)?),
            _ => None,
        };
        self.last = Some((place, key.clone()));
        Ok((IncomingRow { place, key, row }, besides))
    }

    fn imported(&self, library: &str) -> Result<IncomingRow, IncomingError> {
        let tables = self.state.tables();
        let place = tables.iter().position(|known| known.name() == Fact::TABLE).unwrap_or_default();
        let (key, fact) = (Fact::imported(library), Fact::Imported(library.to_owned()));
        let row = serde_json::to_string(&fact).unwrap_or_default();
        let row = tables[place].read(&self.state.tag, &key, &row)?;
        Ok(IncomingRow { place, key, row })
    }

    /// Takes a row in.
    pub(crate) fn take_in(&mut self, row: IncomingRow, around: &dyn Surroundings) {
        let mut tables = self.state.tables_mut();
        if let Some(table) = tables.get_mut(row.place) {
            table.take_in(row.row, around);
        }
    }

    /// The state that was taken in, with the nonces of the one that it takes the place of.
    pub(crate) fn into_state(mut self, before: &mut State) -> State {
        self.state.nonces.join(std::mem::take(&mut before.nonces));
        self.state
    }
}

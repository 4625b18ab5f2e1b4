//! A state of which only those rows are here that an operation asked for; the others are in a database.

use super::ids::{Drawn, Ids};
use super::{Rules, State};
use crate::domain::table::{Change, Kept, Loaded, RowError, Surroundings, Wanted};
use crate::random::SandboxTag;

impl State {
    /// A state of these rows, for an operation that drew these identifiers before.
    ///
    /// # Errors
    /// [`RowError`] if a row is not as this version writes it.
    pub(crate) fn partial(
        tag: SandboxTag,
        rules: Rules,
        drawn: Drawn,
        loaded: &[Loaded],
        around: &dyn Surroundings,
    ) -> Result<Self, RowError> {
        let mut state = Self::new(tag, rules);
        state.ids = Ids::Again(drawn);
        let mut tables = state.tables_mut();
        tables.iter_mut().for_each(|table| table.make_partial());
        for loaded in loaded {
            let table = tables.iter_mut().find(|table| table.name() == loaded.wanted.table);
            table.map_or(Ok(()), |table| table.load(loaded, around))?;
        }
        Ok(state)
    }

    /// The rows that were looked for and are not here.
    pub(crate) fn missing(&self) -> Vec<Wanted> {
        self.tables().iter().flat_map(|table| table.missing()).collect()
    }

    /// What is otherwise than in the database.
    ///
    /// # Errors
    /// [`RowError`] if a row cannot be written.
    pub(crate) fn changes(&self) -> Result<Vec<Change>, RowError> {
        let mut changes = Vec::new();
        for table in self.tables() {
            changes.extend(table.changes()?);
        }
        Ok(changes)
    }

    /// A state of no rows, which knows their form.
    pub(crate) fn of_no_sandbox() -> Self {
        Self::new(SandboxTag::default_sandbox(), Rules::default())
    }

    /// The tables and their columns.
    pub(crate) fn schema() -> Vec<(&'static str, Vec<&'static str>)> {
        let state = Self::of_no_sandbox();
        state.tables().iter().map(|table| (table.name(), table.columns())).collect()
    }

    /// The tables whose rows have an end, and for how long they are known after it.
    pub(crate) fn expiring() -> Vec<(&'static str, Kept)> {
        let state = Self::of_no_sandbox();
        state.tables().iter().filter_map(|table| Some((table.name(), table.kept()?))).collect()
    }

    /// The names of all tables.
    pub(crate) fn all_tables() -> Vec<&'static str> {
        let state = Self::of_no_sandbox();
        state.tables().iter().map(|table| table.name()).collect()
    }

    /// The tables that a reset empties: all but those of the nonces, because what was sent before is no less
    /// a replay after it.
    pub(crate) fn forgotten_at_reset() -> Vec<&'static str> {
        let state = Self::of_no_sandbox();
        let kept = state.nonces.tables().map(|table| table.name());
        let names = state.tables().map(|table| table.name());
        names.into_iter().filter(|name| !kept.contains(name)).collect()
    }

    /// The identifiers that the operation drew, for its next run.
    pub(crate) fn into_drawn(self) -> Drawn {
        match self.ids {
            Ids::Again(drawn) => drawn.again(),
            Ids::Fresh => Drawn::default(),
        }
    }
}

//! All tables of a state, in the order in which files have them.

use super::State;
use crate::domain::table::AnyTable;

impl State {
    pub(super) fn tables(&self) -> [&dyn AnyTable; 16] {
        let [used, repeatable] = self.nonces.tables();
        [
            &self.consents,
            &self.codes,
            &self.access,
            &self.refresh,
            &self.libraries,
            &self.pushed,
            &self.pending,
            &self.sessions,
            &self.exchange_tokens,
            &self.postboxes,
            &self.references,
            &self.storages,
            &self.storage_files,
            &self.facts,
            used,
            repeatable,
        ]
    }

    pub(super) fn tables_mut(&mut self) -> [&mut dyn AnyTable; 16] {
        let [used, repeatable] = self.nonces.tables_mut();
        [
            &mut self.consents,
            &mut self.codes,
            &mut self.access,
            &mut self.refresh,
            &mut self.libraries,
            &mut self.pushed,
            &mut self.pending,
            &mut self.sessions,
            &mut self.exchange_tokens,
            &mut self.postboxes,
            &mut self.references,
            &mut self.storages,
            &mut self.storage_files,
            &mut self.facts,
            used,
            repeatable,
        ]
    }
}

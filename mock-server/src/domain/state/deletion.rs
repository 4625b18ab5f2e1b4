//! Deletion of users and accounts.

use super::State;
use crate::domain::library::LibraryId;
use crate::domain::refusal::Refusal;

impl State {
    /// Deletes a user with everything that is theirs. Their tokens, codes and pages are refused
    /// from now on because the library that they lead to is gone.
    ///
    /// # Errors
    /// `InvalidToken` if the user was deleted before.
    pub(crate) fn delete_user(&mut self, id: &LibraryId) -> Result<(), Refusal> {
        self.library(id)?;
        self.forget_library(id);
        Ok(())
    }

    /// Deletes an account with its files.
    ///
    /// # Errors
    /// `AccountNotFound` if the library has no such account.
    pub(crate) fn delete_account(&mut self, library_id: &LibraryId, account: &str) -> Result<(), Refusal> {
        let library = self.library_mut(library_id)?;
        library.account(account)?.lifeline.cut();
        library.accounts.retain(|known| known.id != account);
        // The same source may be connected again, under the same id: not in a session of before.
        let reads = self.sessions.values_mut().filter_map(|session| session.read.as_mut());
        for read in reads.filter(|read| &read.library == library_id) {
            read.accounts.retain(|known| known != account);
        }
        Ok(())
    }

    /// Forgets a library, and ends the downloads of its files.
    pub(super) fn forget_library(&mut self, id: &LibraryId) {
        let Some(library) = self.libraries.remove(id) else { return };
        self.phone.take_if(|phone| phone == id);
        library.lifeline.cut();
        library.accounts.iter().for_each(|account| account.lifeline.cut());
        self.delete_user_storage(id);
        self.pushed_bytes -= library.push_cost();
    }
}

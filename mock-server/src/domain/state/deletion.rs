//! Deletion of users and accounts.

use super::State;
use super::links::PHONE;
use super::rows::{Fact, LIBRARY};
use crate::domain::library::LibraryId;
use crate::domain::quota::Usage;
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
        let library = self.library(library_id)?;
        let found = library.account(account)?;
        self.cut.push((found.reference.clone(), found.lifeline.clone()));
        self.libraries.change(library_id, |library| library.accounts.retain(|known| known.id != account));
        Ok(())
    }

    /// Forgets a library with everything that was pushed for it, and ends the downloads of its files.
    pub(crate) fn forget_library(&mut self, id: &LibraryId) {
        let Some(library) = self.libraries.remove(id) else { return };
        self.count_out(Usage { users: 1, bytes: 0 });
        if self.phone() == Some(id) {
            self.facts.remove(PHONE);
        }
        self.facts.remove(&Fact::imported(id));
        self.cut.push((id.clone(), library.lifeline));
        self.cut.extend(library.accounts.into_iter().map(|account| (account.reference, account.lifeline)));
        self.delete_user_storage(id);
        let pushed = self.pushed.take_out(LIBRARY, id).into_iter().map(|file| file.push);
        let pending = self.pending.take_out(LIBRARY, id).into_iter().map(|pending| pending.push);
        let freed = pushed.chain(pending).map(|push| push.cost()).sum();
        self.discharge(freed);
    }
}

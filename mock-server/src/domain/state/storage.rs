//! The storages of a sandbox: made by a contract, bound to a user, gone with the user.

use super::State;
use super::rows::{LIBRARY, STORAGE};
use crate::domain::contract::Contract;
use crate::domain::library::LibraryId;
use crate::domain::quota::Usage;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::storage::{Storage, StorageRef, no_such_storage};
use crate::domain::unavailable::Unavailable;

/// Why a storage cannot be bound to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindStorageError {
    /// There is no such storage.
    #[error("there is no such storage")]
    UnknownStorage,
    /// There is no such user.
    #[error("there is no such user")]
    UnknownUser,
    /// It is another user's.
    #[error("the storage belongs to another user")]
    Taken,
    /// The user has one already: `GET storage` answers a single one.
    #[error("the user has another storage")]
    UserHasOne,
    /// The state cannot be reached just now.
    #[error(transparent)]
    Unavailable(Unavailable),
}

impl State {
    /// Makes a storage that belongs to nobody yet.
    pub(crate) fn create_storage(&mut self, contract: &Contract) -> StorageRef {
        let id = self.mint();
        let kid = contract.cloud_kid(&contract.contract_id);
        let storage = Storage::provisional(kid.clone(), contract.application_id.clone());
        self.storages.insert(id.clone(), storage);
        StorageRef { id, kid }
    }

    /// Binds a storage to a user; binding it again to the same one changes nothing.
    ///
    /// # Errors
    /// [`BindStorageError`]; nothing changes then.
    pub(crate) fn bind_storage(&mut self, storage: &str, user: &LibraryId) -> Result<(), BindStorageError> {
        if !self.libraries.contains(user) {
            return Err(BindStorageError::UnknownUser);
        }
        self.require_bindable(storage, user)?;
        let bound = self.storages.change(storage, |storage| storage.owner = Some(user.clone()));
        bound.ok_or(BindStorageError::UnknownStorage)
    }

    /// Whether a storage can be bound to a user, who need not exist yet.
    ///
    /// # Errors
    /// [`BindStorageError`], but never [`BindStorageError::UnknownUser`].
    pub(super) fn require_bindable(&self, storage: &str, user: &LibraryId) -> Result<(), BindStorageError> {
        let of_user = self.storages.of(LIBRARY, user).next();
        if of_user.is_some_and(|(id, _)| id != storage) {
            return Err(BindStorageError::UserHasOne);
        }
        let storage = self.storages.get(storage).ok_or(BindStorageError::UnknownStorage)?;
        match &storage.owner {
            Some(owner) if owner != user => Err(BindStorageError::Taken),
            _ => Ok(()),
        }
    }

    /// The storage of a user.
    ///
    /// # Errors
    /// `StorageNotFound` if none was bound.
    pub(crate) fn user_storage(&self, user: &LibraryId) -> Result<StorageRef, Refusal> {
        let found = self.storages.of(LIBRARY, user).next();
        found.map(|(id, storage)| StorageRef { id: id.clone(), kid: storage.kid.clone() }).ok_or_else(|| {
            let detail = "POST storage makes one; its reference goes to the consent page as storageRef";
            Refusal::new(404, RefusalCode::StorageNotFound, "The user has no storage", detail)
        })
    }

    /// Deletes the storage of a user with all its files; for when the user is deleted.
    pub(crate) fn delete_user_storage(&mut self, user: &LibraryId) {
        let storages: Vec<_> = self.storages.of(LIBRARY, user).map(|(id, _)| id.clone()).collect();
        for storage in storages {
            let used = self.storages.remove(&storage).map_or(0, |storage| storage.used);
            self.count_out(Usage { users: 0, bytes: used });
            self.storage_files.take_out(STORAGE, &storage);
        }
    }

    /// A storage as a contract may use it: one that its application created, or one of a user who
    /// consented to the contract.
    ///
    /// # Errors
    /// `NotFound` for every other: whether it exists is not for this contract to know.
    pub(crate) fn storage(&self, contract: &Contract, id: &str) -> Result<&Storage, Refusal> {
        let storage = self.storages.get(id).ok_or_else(|| no_such_storage(id, "no storage has this id"))?;
        let consents = storage.owner.as_ref().and_then(|user| self.libraries.get(user));
        let consented = consents.is_some_and(|library| library.consents.contains_key(&contract.client_id()));
        if consented || storage.application_id == contract.application_id {
            return Ok(storage);
        }
        let detail = "another application created it, and its user did not consent to this contract";
        Err(no_such_storage(id, detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::ContractKind;
    use crate::domain::library::Library;
    use crate::domain::state::Rules;
    use crate::random::SandboxTag;

    fn contract(application: &str, id: &str) -> Contract {
        Contract {
            application_id: application.to_owned(),
            contract_id: id.to_owned(),
            ..Contract::sample(ContractKind::Read)
        }
    }

    /// A state with users, each of whom consented to one contract.
    fn state(users: &[(&str, &Contract)]) -> State {
        let mut state = State::new(SandboxTag::default_sandbox(), Rules::default());
        for (user, contract) in users {
            let mut library = Library::new();
            library.consents.insert(contract.client_id(), "consent".to_owned());
            state.libraries.insert((*user).to_owned(), library);
        }
        state
    }

    #[test]
    fn a_storage_is_bound_once_and_to_one_user() {
        let contract = contract("app", "c");
        let mut state = state(&[("ann", &contract), ("bob", &contract)]);
        let (ann, bob) = ("ann".to_owned(), "bob".to_owned());
        let made = state.create_storage(&contract);
        assert_eq!(made.kid, "c_app_0");
        assert_eq!(state.user_storage(&ann).unwrap_err().code.as_str(), "StorageNotFound");
        for _ in 0..2 {
            assert_eq!(state.bind_storage(&made.id, &ann), Ok(()));
        }
        assert_eq!(state.user_storage(&ann).unwrap(), made);
        let other = state.create_storage(&contract);
        for (storage, user, problem) in [
            (&made.id, &bob, BindStorageError::Taken),
            (&other.id, &ann, BindStorageError::UserHasOne),
            (&"none".to_owned(), &bob, BindStorageError::UnknownStorage),
            (&other.id, &"cem".to_owned(), BindStorageError::UnknownUser),
        ] {
            assert_eq!(state.bind_storage(storage, user), Err(problem));
        }
        assert!(state.user_storage(&bob).is_err());
    }

    #[test]
    fn a_storage_is_open_to_its_application_and_to_contracts_that_its_user_consented_to() {
        let (own, sister) = (contract("app", "c"), contract("app", "d"));
        let (friend, stranger) = (contract("other", "e"), contract("other", "f"));
        let mut state = state(&[("ann", &friend)]);
        let made = state.create_storage(&own);
        assert!(state.storage(&sister, &made.id).is_ok());
        assert_eq!(state.storage(&friend, &made.id).unwrap_err().status, 404);
        state.bind_storage(&made.id, &"ann".to_owned()).unwrap();
        assert!(state.storage(&friend, &made.id).is_ok() && state.storage(&own, &made.id).is_ok());
        assert_eq!(state.storage(&stranger, &made.id).unwrap_err().code.as_str(), "NotFound");
    }

    #[test]
    fn a_users_storage_goes_with_the_user() {
        let contract = contract("app", "c");
        let mut state = state(&[("ann", &contract)]);
        let (kept, gone) = (state.create_storage(&contract), state.create_storage(&contract));
        state.bind_storage(&gone.id, &"ann".to_owned()).unwrap();
        state.delete_user_storage(&"ann".to_owned());
        assert!(state.storage(&contract, &gone.id).is_err());
        assert!(state.storage(&contract, &kept.id).is_ok());
    }
}

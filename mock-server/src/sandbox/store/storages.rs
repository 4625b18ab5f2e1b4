//! Storages and their files.

use super::{Store, Twice};
use crate::domain::contract::Contract;
use crate::domain::library::LibraryId;
use crate::domain::refusal::Refusal;
use crate::domain::state::BindStorageError;
use crate::domain::storage::{StorageRef, StoredFile};
use crate::domain::storage_path::{FilePath, FolderPath, StoragePath};
use crate::domain::unavailable::Unavailable;
use crate::payload::content::Content;

impl Store {
    /// As [`crate::domain::state::State::create_storage`].
    pub(crate) async fn create_storage(&self, contract: &Contract) -> Result<StorageRef, Unavailable> {
        self.run(|state| state.create_storage(contract)).await
    }

    /// As [`crate::domain::state::State::user_storage`].
    pub(crate) async fn user_storage(&self, user: &LibraryId) -> Result<StorageRef, Refusal> {
        self.run(|state| state.user_storage(user)).await?
    }

    /// As [`crate::domain::state::State::bind_storage`].
    pub(crate) async fn bind_storage(&self, storage: &str, user: &LibraryId) -> Result<(), BindStorageError> {
        self.run(|state| state.bind_storage(storage, user)).await?
    }

    /// The files of a folder of a storage.
    ///
    /// # Errors
    /// As [`crate::domain::state::State::storage`].
    pub(crate) async fn storage_files(
        &self,
        contract: &Contract,
        storage: &str,
        folder: &FolderPath,
        recursive: bool,
    ) -> Result<Vec<StoredFile>, Refusal> {
        self.run(|state| state.storage_list(contract, storage, folder, recursive)).await?
    }

    /// The content of a file of a storage.
    ///
    /// # Errors
    /// As [`crate::domain::state::State::storage`], then `NotFound` if there is no such file.
    pub(crate) async fn storage_file(
        &self,
        contract: &Contract,
        storage: &str,
        path: &FilePath,
    ) -> Twice<Content> {
        let found = self.run(|state| {
            let found = state.storage_file(contract, storage, path)?;
            Ok::<_, Refusal>(found.map(|file| file.content.clone()))
        });
        match found.await?? {
            Ok(content) => Ok(Ok(self.opened(content).await?)),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// Whether a storage has room for a file of this size.
    ///
    /// # Errors
    /// As [`crate::domain::state::State::storage`], `FileTooLarge` or `QuotaExceeded`.
    pub(crate) async fn storage_room(
        &self,
        contract: &Contract,
        storage: &str,
        path: &FilePath,
        size: u64,
    ) -> Result<(), Refusal> {
        self.run(|state| state.storage_room(contract, storage, path, size)).await?
    }

    /// Puts a file into a storage.
    ///
    /// # Errors
    /// As [`Store::storage_room`].
    pub(crate) async fn put_storage_file(
        &self,
        contract: &Contract,
        storage: &str,
        path: FilePath,
        content: Content,
    ) -> Result<StoredFile, Refusal> {
        self.run_with(content, |state, content| {
            state.put_storage_file(contract, storage, path.clone(), content)
        })
        .await
    }

    /// Deletes a file or folder of a storage.
    ///
    /// # Errors
    /// As [`crate::domain::state::State::storage`], then `NotFound` if there is nothing at the path.
    pub(crate) async fn delete_storage_files(
        &self,
        contract: &Contract,
        storage: &str,
        path: &StoragePath,
    ) -> Twice<()> {
        self.run(|state| state.delete_storage_files(contract, storage, path)).await?
    }
}

//! A user's cloud storage: made provisionally, bound to the user by an
//! authorization, then a place for files only the contract's key can open
//! (protocol reference, http-api §8).

mod files;
mod list;
mod path;
mod transfer;

use http::Method;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::client::user::User;
use crate::contract::Contract;
use crate::error::{Operation, Result};
use crate::http::request::Request;
use crate::ids::StorageId;

pub use files::StorageFiles;
pub use list::{StorageFile, StorageList};
pub use path::{StorageFolder, StoragePath};
pub use transfer::{StorageDownload, Uploaded};

/// A storage as the API names it (protocol reference, http-api §8.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Storage {
    /// For [`Client::storage_files`] and [`crate::AuthorizeOptions::storage_id`].
    pub id: StorageId,
    /// Id of the storage's key.
    pub kid: String,
}

impl Client {
    /// Creates a storage that belongs to no user yet. Give its id to
    /// [`crate::AuthorizeOptions::storage_id`] to bind it to the user being
    /// authorized (protocol reference, http-api §8.1).
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Api`], [`crate::ErrorKind::Transport`],
    /// [`crate::ErrorKind::Timeout`], [`crate::ErrorKind::Decode`]. The request
    /// is never repeated automatically.
    ///
    /// ```no_run
    /// # async fn create(client: digime::Client, contract: digime::Contract) -> Result<(), digime::Error> {
    /// let storage = client.create_provisional_storage(&contract).await?;
    /// let options =
    ///     digime::AuthorizeOptions::new("https://app.example/return").storage_id(storage.id);
    /// let authorization = client.authorize_url(&contract, options).await?;
    /// # let _ = authorization;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_provisional_storage(&self, contract: &Contract) -> Result<Storage> {
        let url = self.api(&["storage"])?;
        let request = Request::new(Operation::CreateStorage, Method::POST, url, "storage").json_type();
        self.json(contract, &request).await
    }

    /// The files of a storage. Needs no user: the contract's key signs every
    /// request and decrypts every file.
    #[must_use]
    pub fn storage_files(&self, contract: &Contract, storage: &StorageId) -> StorageFiles {
        StorageFiles::new(self.clone(), contract.clone(), storage.clone())
    }
}

impl User {
    /// The storage bound to this user (protocol reference, http-api §8.2).
    ///
    /// # Errors
    ///
    /// As every operation of [`User`].
    ///
    /// ```no_run
    /// # async fn files(user: digime::User) -> Result<(), digime::Error> {
    /// let storage = user.storage().await?;
    /// let files = user.storage_files(&storage.id);
    /// # let _ = files;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn storage(&self) -> Result<Storage> {
        let url = self.client().api(&["storage"])?;
        self.json(&Request::new(Operation::ReadStorage, Method::GET, url, "storage").json_type()).await
    }

    /// As [`Client::storage_files`], with the contract of this user.
    #[must_use]
    pub fn storage_files(&self, storage: &StorageId) -> StorageFiles {
        self.client().storage_files(self.contract(), storage)
    }
}

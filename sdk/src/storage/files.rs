//! The handle on a storage's files, and how its requests are made and refused
//! (protocol reference, http-api §8.3–8.4).

use http::Method;
use serde::Deserialize;
use url::Url;

use crate::client::Client;
use crate::contract::Contract;
use crate::error::{ApiError, Error, ErrorCode, Operation, Result};
use crate::http::endpoint;
use crate::http::request::Request;
use crate::http::transport::{ReadAnswer, UpTo};
use crate::ids::StorageId;
use crate::storage::path::{StorageFolder, StoragePath};

/// The files of one storage. Cheap to clone.
///
/// Files are encrypted here with the public half of the contract's key and
/// decrypted here again: the platform cannot read them, and neither can another
/// contract. Losing the private key loses the files.
///
/// ```no_run
/// use digime::storage::StorageFolder;
/// use digime::Content;
///
/// # async fn keep(user: digime::User) -> Result<(), digime::Error> {
/// let files = user.storage_files(&user.storage().await?.id);
/// let report = StorageFolder::new("/reports/")?.file("2026.pdf")?;
/// files.upload(&report, Content::file("report.pdf")).await?;
/// for file in files.list_all(&StorageFolder::root()).await?.files {
///     let bytes = files.download(&file.location()?).await?;
///     println!("{} has {} bytes", file.original_name, bytes.len());
/// }
/// files.delete_file(&report).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct StorageFiles {
    client: Client,
    contract: Contract,
    id: StorageId,
}

impl StorageFiles {
    pub(crate) fn new(client: Client, contract: Contract, id: StorageId) -> Self {
        Self { client, contract, id }
    }

    /// Id of the storage.
    #[must_use]
    pub fn id(&self) -> &StorageId {
        &self.id
    }

    /// Deletes a file (protocol reference, http-api §8.4).
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Api`], [`crate::ErrorKind::Transport`],
    /// [`crate::ErrorKind::Timeout`]. After a lost answer the request is
    /// repeated, and a file deleted by the first attempt may then be reported as
    /// unknown.
    pub async fn delete_file(&self, path: &StoragePath) -> Result<()> {
        self.delete(self.file_url(path)?).await
    }

    /// Deletes a folder and all that is in it; the root is everything
    /// (protocol reference, http-api §8.4).
    ///
    /// # Errors
    ///
    /// As [`StorageFiles::delete_file`].
    pub async fn delete_folder(&self, folder: &StorageFolder) -> Result<()> {
        self.delete(self.folder_url(folder)?).await
    }

    async fn delete(&self, url: Url) -> Result<()> {
        let request = self.request(Operation::DeleteFromStorage, Method::DELETE, url);
        self.send(&request, &UpTo(self.client.transport().max_json_size())).await?;
        Ok(())
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn contract(&self) -> &Contract {
        &self.contract
    }

    pub(super) fn request(&self, operation: Operation, method: Method, url: Url) -> Request {
        Request::new(operation, method, url, "clouds/{id}/files/apps/{appId}/{path}")
    }

    pub(super) fn file_url(&self, path: &StoragePath) -> Result<Url> {
        self.url(path.segments())
    }

    pub(super) fn folder_url(&self, folder: &StorageFolder) -> Result<Url> {
        self.url(folder.segments()).map(endpoint::into_folder)
    }

    fn url<'a>(&'a self, path: impl Iterator<Item = &'a str>) -> Result<Url> {
        let fixed = ["clouds", self.id.as_str(), "files", "apps", self.client.application_id()];
        let segments: Vec<&str> = fixed.into_iter().chain(path).collect();
        endpoint::append(&self.client.shared().cloud, "storage id or path", &segments)
    }

    pub(super) async fn send<R: ReadAnswer>(&self, request: &Request, read: &R) -> Result<R::Output> {
        let signer = self.client.cloud_signer(&self.contract);
        self.client.transport().send(request, Some(&signer), read).await.map_err(with_message)
    }
}

/// The storage host may leave out the code (protocol reference, errors §1.3);
/// official clients fill in this one (errors §6).
fn with_message(error: Error) -> Error {
    #[derive(Deserialize)]
    struct Told {
        message: String,
    }

    let (None, Some(status), Some(body)) = (error.api(), error.status(), error.response_body()) else {
        return error;
    };
    match serde_json::from_str::<Told>(body) {
        Ok(Told { message }) => {
            let code = ErrorCode::Other("DigiMeServerError".to_owned());
            error.with_api(ApiError { status, code, message, reference: None }.without(&[]))
        }
        Err(_) => error,
    }
}

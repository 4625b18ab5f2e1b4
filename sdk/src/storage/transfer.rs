//! Files on their way into a storage and out of it
//! (protocol reference, http-api §8.4, crypto §4).

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use futures_core::stream::BoxStream;
use futures_util::StreamExt;
use http::Method;
use serde::Deserialize;

use crate::crypto::container::Decryptor;
use crate::download::compression::Compression;
use crate::download::{Download, chunks};
use crate::error::{Operation, Result};
use crate::http::body::Body;
use crate::http::content::Content;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::transport::{ReadAnswer, Unread, UpTo};
use crate::storage::files::StorageFiles;
use crate::storage::path::StoragePath;

/// An accepted upload.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[non_exhaustive]
pub struct Uploaded {
    /// Id of the file, if the server gave one.
    #[serde(default)]
    pub id: Option<String>,
}

/// A file being downloaded: a stream of its plain bytes, in constant memory.
///
/// The end of a file is verified last. Until the stream has ended without an
/// error, treat what it has delivered as provisional.
pub struct StorageDownload {
    chunks: BoxStream<'static, Result<Bytes>>,
}

impl Stream for StorageDownload {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.chunks.poll_next_unpin(cx)
    }
}

impl fmt::Debug for StorageDownload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageDownload").finish_non_exhaustive()
    }
}

/// Reads a download into memory.
struct WholeFile<'a>(&'a StorageFiles);

impl ReadAnswer for WholeFile<'_> {
    type Output = Bytes;
    const WITHIN_REQUEST_LIMIT: bool = false;

    async fn read(&self, response: Response) -> Result<Bytes> {
        self.0.decrypting(response).collect().await
    }
}

impl StorageFiles {
    /// Encrypts a file and uploads it, piece by piece
    /// (protocol reference, http-api §8.4). Every upload has a content key of
    /// its own. What happens to a file already there is not documented.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Body`] if the content cannot be read;
    /// [`crate::ErrorKind::Api`], [`crate::ErrorKind::Transport`],
    /// [`crate::ErrorKind::Timeout`]. The request is never repeated
    /// automatically.
    pub async fn upload(&self, path: &StoragePath, content: impl Into<Content>) -> Result<Uploaded> {
        let body = Body::Sealed(content.into(), self.contract().key().clone());
        let url = self.file_url(path)?;
        let request = self.request(Operation::UploadToStorage, Method::POST, url).upload(body);
        let answer = self.send(&request, &UpTo(self.client().transport().max_json_size())).await?;
        // The upload is done; an answer that says no more than that is fine.
        Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    /// Downloads and decrypts a file (protocol reference, http-api §8.4). Unlike
    /// the official SDK, which decrypts whatever comes, a refusal of the server
    /// is reported as such.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Decrypt`] for anything that is not a sound container
    /// for the contract's key; [`crate::ErrorKind::TooLarge`],
    /// [`crate::ErrorKind::Api`], [`crate::ErrorKind::Transport`],
    /// [`crate::ErrorKind::Timeout`].
    pub async fn download(&self, path: &StoragePath) -> Result<Bytes> {
        self.send(&self.download_request(path)?, &WholeFile(self)).await
    }

    /// As [`StorageFiles::download`], handing out the bytes as they come.
    /// Retries happen before the first byte only.
    ///
    /// ```no_run
    /// use futures_util::TryStreamExt;
    ///
    /// # async fn save(files: digime::storage::StorageFiles, path: digime::storage::StoragePath) -> Result<(), digime::Error> {
    /// let mut stream = files.download_stream(&path).await?;
    /// while let Some(chunk) = stream.try_next().await? {
    ///     // write `chunk`
    /// #   let _ = chunk;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`StorageFiles::download`], partly in the stream.
    pub async fn download_stream(&self, path: &StoragePath) -> Result<StorageDownload> {
        let response = self.send(&self.download_request(path)?, &Unread).await?;
        let operation = Operation::DownloadFromStorage;
        Ok(StorageDownload { chunks: chunks(operation, self.decrypting(response)) })
    }

    fn download_request(&self, path: &StoragePath) -> Result<Request> {
        let url = self.file_url(path)?;
        Ok(self.request(Operation::DownloadFromStorage, Method::GET, url).for_bytes())
    }

    fn decrypting(&self, response: Response) -> Download {
        // Files of a storage are never compressed (http-api §8.4).
        let container = Box::new(Decryptor::new(self.contract().key().clone()));
        Download::new(response, container, Compression::None, self.client())
    }
}

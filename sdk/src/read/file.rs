//! Files of a session: downloaded whole, as a stream, or as raw decrypted bytes
//! (protocol reference, http-api §4.3–4.4).

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::SystemTime;

use bytes::Bytes;
use futures_core::Stream;
use futures_core::stream::BoxStream;
use futures_util::StreamExt;
use http::Method;
use serde::de::DeserializeOwned;

use crate::client::user::User;
use crate::crypto::container::Decryptor;
use crate::download::compression::Compression;
use crate::download::{Download, chunks};
use crate::error::{ErrorKind, Operation, Result};
use crate::http::endpoint;
use crate::http::json;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::transport::{ReadAnswer, Unread, UpTo};
use crate::ids::{FileName, SessionKey};
use crate::read::metadata::{self, FileMetadata, Header};

/// A downloaded file: decrypted, decompressed, in memory.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct File {
    /// Name in the session. Not a path; see [`File::safe_file_name`].
    pub name: FileName,
    /// What the file is.
    pub metadata: FileMetadata,
    /// Compression the file travelled in.
    pub compression: Compression,
    /// `Last-Modified` of the download.
    pub last_modified: Option<SystemTime>,
    /// `updatedDate` of the list entry that led to this download, in
    /// **milliseconds** since 1970; `None` for a direct download.
    pub updated_date: Option<i64>,
    bytes: Bytes,
}

impl File {
    /// The content. Cheap: shares the buffer.
    #[must_use]
    pub fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    /// Size of the content in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether the content is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The content parsed as JSON; mapped files are arrays of objects
    /// (protocol reference, objects §8).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`], with the path of the field that does not fit.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        json::parse_as(ErrorKind::Decode, "the file's content does not fit", &self.bytes)
    }

    /// The objects of a mapped file: views of [`crate::objects`], types of your
    /// own, or `serde_json::Value` (protocol reference, objects §8).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`], with the path of the field that does not fit.
    pub fn objects<T: DeserializeOwned>(&self) -> Result<Vec<T>> {
        self.json()
    }

    /// A name to store the file under: see [`FileName::sanitized`].
    #[must_use]
    pub fn safe_file_name(&self) -> String {
        self.name.sanitized()
    }

    pub(crate) fn received(
        name: &FileName,
        header: Header,
        last_modified: Option<SystemTime>,
        bytes: Bytes,
    ) -> Self {
        let Header { metadata, compression } = header;
        Self { name: name.clone(), metadata, compression, last_modified, updated_date: None, bytes }
    }

    pub(crate) fn updated(mut self, date: i64) -> Self {
        self.updated_date = Some(date);
        self
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("name", &self.name)
            .field("metadata", &self.metadata)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// A file's decrypted bytes, whatever its metadata: not decompressed.
#[derive(Clone)]
#[non_exhaustive]
pub struct RawFile {
    /// Name in the session.
    pub name: FileName,
    /// The decrypted content, possibly still compressed.
    pub bytes: Bytes,
    /// The `x-metadata` headers as they came.
    pub metadata_headers: Vec<Bytes>,
    /// `Last-Modified` of the download.
    pub last_modified: Option<SystemTime>,
}

impl RawFile {
    /// What the head of a download says of it; the bytes follow.
    pub(crate) fn announced(name: &FileName, response: &Response) -> Self {
        let headers = response.headers().get_all(metadata::HEADER).iter();
        Self {
            name: name.clone(),
            bytes: Bytes::new(),
            metadata_headers: headers.map(|value| Bytes::copy_from_slice(value.as_bytes())).collect(),
            last_modified: response.last_modified(),
        }
    }
}

impl fmt::Debug for RawFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawFile")
            .field("name", &self.name)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// A file being downloaded: a stream of its plain bytes, in pieces of at most
/// about 600 KiB, in constant memory.
///
/// The end of a file is verified last. Until the stream has ended without an
/// error, treat what it has delivered as provisional.
pub struct FileStream {
    name: FileName,
    metadata: FileMetadata,
    last_modified: Option<SystemTime>,
    chunks: BoxStream<'static, Result<Bytes>>,
}

impl FileStream {
    pub(crate) fn new(
        name: &FileName,
        metadata: FileMetadata,
        last_modified: Option<SystemTime>,
        chunks: BoxStream<'static, Result<Bytes>>,
    ) -> Self {
        Self { name: name.clone(), metadata, last_modified, chunks }
    }

    /// Name in the session.
    #[must_use]
    pub fn name(&self) -> &FileName {
        &self.name
    }

    /// What the file is.
    #[must_use]
    pub fn metadata(&self) -> &FileMetadata {
        &self.metadata
    }

    /// `Last-Modified` of the download.
    #[must_use]
    pub fn last_modified(&self) -> Option<SystemTime> {
        self.last_modified
    }
}

impl Stream for FileStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.chunks.poll_next_unpin(cx)
    }
}

impl fmt::Debug for FileStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStream")
            .field("name", &self.name)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}

/// Reads a download as a [`File`].
struct FileReader<'a> {
    user: &'a User,
    name: &'a FileName,
}

impl ReadAnswer for FileReader<'_> {
    type Output = File;
    // How long a file takes depends on its size; it has limits of its own.
    const WITHIN_REQUEST_LIMIT: bool = false;

    async fn read(&self, response: Response) -> Result<File> {
        let header = Header::read(response.headers())?;
        let last_modified = response.last_modified();
        let mut download = self.user.download(response, header.compression);
        let bytes = download.collect().await?;
        Ok(File::received(self.name, header, last_modified, bytes))
    }
}

/// Reads a download as a [`RawFile`].
struct RawFileReader<'a> {
    user: &'a User,
    name: &'a FileName,
}

impl ReadAnswer for RawFileReader<'_> {
    type Output = RawFile;
    const WITHIN_REQUEST_LIMIT: bool = false;

    async fn read(&self, response: Response) -> Result<RawFile> {
        let announced = RawFile::announced(self.name, &response);
        let bytes = self.user.download(response, Compression::None).collect().await?;
        Ok(RawFile { bytes, ..announced })
    }
}

impl User {
    /// Downloads, decrypts and decompresses a file.
    ///
    /// # Errors
    ///
    /// As every operation of [`User`], and [`ErrorKind::Metadata`],
    /// [`ErrorKind::Decrypt`], [`ErrorKind::Decompress`], [`ErrorKind::TooLarge`].
    /// A download that breaks off is repeated as the retry policy says.
    pub async fn read_file(&self, session: &SessionKey, name: &FileName) -> Result<File> {
        let request = self.file_request(Operation::ReadFile, Method::GET, session, name)?;
        let reader = FileReader { user: self, name };
        self.send(&request, &reader).await
    }

    /// Downloads and decrypts a file without looking at its metadata, and so
    /// without decompressing it: for files whose metadata is wrong.
    ///
    /// # Errors
    ///
    /// As [`User::read_file`], without `Metadata` and `Decompress`.
    pub async fn read_file_raw(&self, session: &SessionKey, name: &FileName) -> Result<RawFile> {
        let request = self.file_request(Operation::ReadFile, Method::GET, session, name)?;
        let reader = RawFileReader { user: self, name };
        self.send(&request, &reader).await
    }

    /// Starts a download and hands out its plain bytes as they come, so that a
    /// file of any size needs constant memory. The size limit of
    /// [`crate::ClientBuilder::max_file_size`] applies here too.
    ///
    /// Retries and token refresh happen before the first byte only.
    ///
    /// ```no_run
    /// use futures_util::StreamExt;
    ///
    /// # async fn save(user: digime::User, session: digime::Session, name: digime::FileName)
    /// # -> Result<(), Box<dyn std::error::Error>> {
    /// let mut stream = user.read_file_stream(&session.key, &name).await?;
    /// while let Some(chunk) = stream.next().await {
    ///     let chunk = chunk?;
    ///     // write `chunk`
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`User::read_file`], partly in the stream.
    pub async fn read_file_stream(&self, session: &SessionKey, name: &FileName) -> Result<FileStream> {
        let request = self.file_request(Operation::ReadFile, Method::GET, session, name)?;
        let response = self.send(&request, &Unread).await?;
        let header =
            Header::read(response.headers()).map_err(|error| error.with_operation(Operation::ReadFile))?;
        let last_modified = response.last_modified();
        let download = self.download(response, header.compression);
        Ok(FileStream::new(name, header.metadata, last_modified, chunks(Operation::ReadFile, download)))
    }

    /// Reads a file's metadata without its content
    /// (protocol reference, http-api §4.4).
    ///
    /// # Errors
    ///
    /// As every operation of [`User`], and [`ErrorKind::Metadata`].
    pub async fn read_file_metadata(&self, session: &SessionKey, name: &FileName) -> Result<FileMetadata> {
        let operation = Operation::ReadFileMetadata;
        let request = self.file_request(operation, Method::HEAD, session, name)?;
        let answer = self.send(&request, &UpTo(0)).await?;
        Header::read(&answer.headers)
            .map(|header| header.metadata)
            .map_err(|error| error.with_operation(operation))
    }

    fn file_request(
        &self,
        operation: Operation,
        method: Method,
        session: &SessionKey,
        name: &FileName,
    ) -> Result<Request> {
        let path = ["permission-access", "query", session.expose(), name.as_str()];
        let url = endpoint::append(&self.client().shared().api, "session key or file name", &path)
            .map_err(|error| error.with_operation(operation))?;
        let template = "permission-access/query/{sessionKey}/{fileName}";
        let metadata_only = method == Method::HEAD;
        let request = Request::new(operation, method, url, template).hiding(session.expose());
        Ok(if metadata_only { request } else { request.for_bytes() })
    }

    fn download(&self, response: Response, compression: Compression) -> Download {
        let container = Box::new(Decryptor::new(self.contract().key().clone()));
        Download::new(response, container, compression, self.client())
    }
}

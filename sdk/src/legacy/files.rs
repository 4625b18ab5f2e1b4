//! Reading a session's files, with its key alone
//! (protocol reference, legacy/endpoints §2–4).

use std::fmt;

use futures_core::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use http::Method;

use crate::contract::Contract;
use crate::crypto::private_key::PrivateKey;
use crate::download::compression::Compression;
use crate::download::{Download, chunks};
use crate::error::{ErrorKind, Operation, Result};
use crate::http::failure;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::transport::{ReadAnswer, Unread, UpTo};
use crate::ids::{FileName, SessionKey};
use crate::legacy::accounts::LegacyAccounts;
use crate::legacy::client::LegacyClient;
use crate::legacy::container::HashedDecryptor;
use crate::legacy::envelope::{self, Envelope};
use crate::legacy::file_list;
use crate::legacy::json_object;
use crate::read::all_files::AllFiles;
use crate::read::file::{File, FileStream, RawFile};
use crate::read::file_list::FileList;
use crate::read::read_all_options::ReadAllOptions;
use crate::read::reader::ReadSession;

/// The files of a session that the user consented to; see
/// [`LegacyClient::session_files`]. Cheap to clone.
///
/// **Legacy**, v1 to v1.6: the session key is all that a reader needs. Today
/// [`crate::User`] reads, with a token (protocol reference, legacy/endpoints §2–4).
///
/// Every operation reports [`ErrorKind::Api`] (a session that has expired or was not
/// consented to), [`ErrorKind::Transport`], [`ErrorKind::Timeout`] and
/// [`ErrorKind::Decode`], besides what it names itself.
#[derive(Clone)]
pub struct SessionFiles {
    client: LegacyClient,
    contract: Contract,
    session: SessionKey,
}

impl LegacyClient {
    /// The files of a session, decrypted with the contract's key.
    ///
    /// **Legacy**, v1 to v1.6; today the operations of [`crate::User`]
    /// (protocol reference, legacy/endpoints §2–4).
    ///
    /// ```no_run
    /// use digime::legacy::{LegacyClient, LegacySession};
    /// use digime::{Contract, ReadAllOptions};
    ///
    /// # async fn read(legacy: LegacyClient, contract: Contract, session: LegacySession)
    /// # -> Result<(), digime::Error> {
    /// let files = legacy.session_files(&contract, &session.session_key);
    /// for file in files.read_all(ReadAllOptions::new()).collect_all().await?.files {
    ///     println!("{}: {} bytes", file.name, file.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn session_files(&self, contract: &Contract, session: &SessionKey) -> SessionFiles {
        SessionFiles { client: self.clone(), contract: contract.clone(), session: session.clone() }
    }
}

impl SessionFiles {
    /// Reads state and files of the session once. Before v1.4 a list has names only:
    /// its state is `completed` then, and each `updated_date` 0.
    ///
    /// **Legacy**, v1 to v1.6; today [`crate::User::read_file_list`]
    /// (protocol reference, legacy/endpoints §2).
    ///
    /// # Errors
    ///
    /// Those of [`SessionFiles`].
    pub async fn list(&self) -> Result<FileList> {
        let operation = Operation::ReadFileList;
        let path = ["permission-access", "query", self.session.expose()];
        let url = self.client.url("session key", &path).map_err(|error| error.with_operation(operation))?;
        let template = "permission-access/query/{sessionKey}";
        let request = Request::new(operation, Method::GET, url, template).hiding(self.session.expose());
        let answer = self.client.send(&request, None).await?;
        file_list::parse(self.client.generation(), &answer.body)
            .map_err(|error| error.with_operation(operation))
    }

    /// Downloads a file, decrypts it, checks its hash and decompresses it. A download
    /// that breaks off is repeated as the retry policy says.
    ///
    /// Up to v1.4 a file comes as JSON, to which
    /// [`crate::ClientBuilder::max_json_size`] applies besides
    /// [`crate::ClientBuilder::max_file_size`].
    ///
    /// **Legacy**, v1 to v1.6; today [`crate::User::read_file`]
    /// (protocol reference, legacy/endpoints §3, legacy/container).
    ///
    /// # Errors
    ///
    /// Those of [`SessionFiles`], and [`ErrorKind::Metadata`], [`ErrorKind::Decrypt`]
    /// (a wrong hash among others), [`ErrorKind::Decompress`], [`ErrorKind::TooLarge`].
    pub async fn read(&self, name: &FileName) -> Result<File> {
        self.read_as(Operation::ReadFile, name).await
    }

    /// Downloads and decrypts a file without looking at its metadata, and so without
    /// decompressing it: for files whose metadata is wrong. The hash is checked.
    ///
    /// **Legacy**, v1 to v1.6; today [`crate::User::read_file_raw`]
    /// (protocol reference, legacy/endpoints §3).
    ///
    /// # Errors
    ///
    /// As [`SessionFiles::read`], without `Metadata` and `Decompress`.
    pub async fn read_raw(&self, name: &FileName) -> Result<RawFile> {
        let request = self.file_request(Operation::ReadFile, name)?;
        self.transport_send(&request, &RawFileReader { files: self, name }).await
    }

    /// Starts a download and hands out its plain bytes as they come, so that a file of
    /// any size needs constant memory.
    ///
    /// The hash of a file is checked last: what the stream delivers is **provisional
    /// until it has ended without an error**. Up to v1.4 a file comes as JSON and is
    /// whole, and checked, before the stream begins. Retries happen before the first
    /// byte only.
    ///
    /// **Legacy**, v1 to v1.6; today [`crate::User::read_file_stream`]
    /// (protocol reference, legacy/endpoints §3, legacy/container §1).
    ///
    /// # Errors
    ///
    /// As [`SessionFiles::read`], partly in the stream.
    pub async fn stream(&self, name: &FileName) -> Result<FileStream> {
        let operation = Operation::ReadFile;
        if !self.client.generation().sends_bytes() {
            let file = self.read(name).await?;
            let bytes = stream::iter([Ok(file.bytes())]).boxed();
            return Ok(FileStream::new(name, file.metadata, file.last_modified, bytes));
        }
        let request = self.file_request(operation, name)?;
        let response = self.transport_send(&request, &Unread).await?;
        let header = envelope::header(response.headers()).map_err(|error| error.with_operation(operation))?;
        let last_modified = response.last_modified();
        let download = self.download(response, header.compression);
        Ok(FileStream::new(name, header.metadata, last_modified, chunks(operation, download)))
    }

    /// Reads the accounts behind the session.
    ///
    /// **Legacy**, v1 to v1.6; today [`crate::User::read_accounts`]
    /// (protocol reference, legacy/endpoints §4).
    ///
    /// # Errors
    ///
    /// As [`SessionFiles::read`].
    pub async fn accounts(&self) -> Result<LegacyAccounts> {
        let operation = Operation::ReadAccounts;
        let file = self.read_as(operation, &FileName::new("accounts.json")).await?;
        json_object::parse_as(
            ErrorKind::Decode,
            "the accounts are not what the protocol describes",
            &file.bytes(),
        )
        .map_err(|error| error.with_operation(operation))
    }

    /// Reads all files of the session: polls its list until it is complete and
    /// downloads every file, again if its `updatedDate` grows meanwhile. Before v1.4
    /// the list is read once.
    ///
    /// **Legacy**, v1 to v1.6; today [`crate::User::read_all_files`]
    /// (protocol reference, legacy/operations, "Polling").
    pub fn read_all(&self, options: ReadAllOptions) -> AllFiles {
        AllFiles::of(self.clone(), options)
    }

    async fn read_as(&self, operation: Operation, name: &FileName) -> Result<File> {
        let request = self.file_request(operation, name)?;
        match self.client.generation().sends_bytes() {
            true => self.transport_send(&request, &BinaryReader { files: self, name }).await,
            false => self.transport_send(&request, &EnvelopeReader { files: self, name }).await,
        }
    }

    fn file_request(&self, operation: Operation, name: &FileName) -> Result<Request> {
        let path = ["permission-access", "query", self.session.expose(), name.as_str()];
        let url = self
            .client
            .url("session key or file name", &path)
            .map_err(|error| error.with_operation(operation))?;
        let template = "permission-access/query/{sessionKey}/{fileName}";
        let request = Request::new(operation, Method::GET, url, template).hiding(self.session.expose());
        Ok(if self.client.generation().sends_bytes() { request.for_bytes() } else { request })
    }

    async fn transport_send<R: ReadAnswer>(&self, request: &Request, read: &R) -> Result<R::Output> {
        self.client.client().transport().send(request, None, read).await
    }

    fn download(&self, response: Response, compression: Compression) -> Download {
        let container = Box::new(HashedDecryptor::new(self.contract.key().clone()));
        Download::new(response, container, compression, self.client.client())
    }

    /// Receives an envelope, as long as a file may take, and has it opened.
    async fn open<T: Send + 'static>(
        &self,
        response: Response,
        open: impl FnOnce(Envelope, PrivateKey, u64) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let shared = self.client.client().shared();
        let longest = shared.transport.times().file;
        let whole = UpTo(shared.transport.max_json_size());
        let answer = tokio::time::timeout(longest, whole.read(response))
            .await
            .map_err(|_| failure::timed_out("the download", longest))??;
        let (key, limit) = (self.contract.key().clone(), shared.max_file_size);
        shared.transport.cores().work(move || open(Envelope::parse(&answer.body)?, key, limit)).await?
    }
}

impl ReadSession for SessionFiles {
    fn list(&self) -> BoxFuture<'static, Result<FileList>> {
        let files = self.clone();
        async move { files.list().await }.boxed()
    }

    fn file(&self, name: &FileName) -> BoxFuture<'static, Result<File>> {
        let (files, name) = (self.clone(), name.clone());
        async move { files.read(&name).await }.boxed()
    }
}

impl fmt::Debug for SessionFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionFiles")
            .field("client", &self.client)
            .field("contract", &self.contract)
            .field("session", &self.session)
            .finish()
    }
}

/// Reads a download in bytes as a [`File`].
struct BinaryReader<'a> {
    files: &'a SessionFiles,
    name: &'a FileName,
}

impl ReadAnswer for BinaryReader<'_> {
    type Output = File;
    const WITHIN_REQUEST_LIMIT: bool = false;

    async fn read(&self, response: Response) -> Result<File> {
        let header = envelope::header(response.headers())?;
        let last_modified = response.last_modified();
        let bytes = self.files.download(response, header.compression).collect().await?;
        Ok(File::received(self.name, header, last_modified, bytes))
    }
}

/// Reads a download in JSON as a [`File`].
struct EnvelopeReader<'a> {
    files: &'a SessionFiles,
    name: &'a FileName,
}

impl ReadAnswer for EnvelopeReader<'_> {
    type Output = File;
    const WITHIN_REQUEST_LIMIT: bool = false;

    async fn read(&self, response: Response) -> Result<File> {
        let last_modified = response.last_modified();
        let open = |mut envelope: Envelope, key, limit| {
            let header = envelope.header()?;
            let bytes = envelope.open(key, header.compression, limit)?;
            Ok((header, bytes))
        };
        let (header, bytes) = self.files.open(response, open).await?;
        Ok(File::received(self.name, header, last_modified, bytes))
    }
}

/// Reads a download of either form as a [`RawFile`].
struct RawFileReader<'a> {
    files: &'a SessionFiles,
    name: &'a FileName,
}

impl ReadAnswer for RawFileReader<'_> {
    type Output = RawFile;
    const WITHIN_REQUEST_LIMIT: bool = false;

    async fn read(&self, response: Response) -> Result<RawFile> {
        let announced = RawFile::announced(self.name, &response);
        let bytes = match self.files.client.generation().sends_bytes() {
            true => self.files.download(response, Compression::None).collect().await?,
            false => {
                let open = |mut envelope: Envelope, key, limit| envelope.open(key, Compression::None, limit);
                self.files.open(response, open).await?
            }
        };
        Ok(RawFile { bytes, ..announced })
    }
}

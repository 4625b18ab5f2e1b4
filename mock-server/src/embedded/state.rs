//! A whole sandbox as a file, in a Rust test.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::mock_server::MockServer;
use super::sandbox_handle::SandboxHandle;
use crate::domain::state::{Before, Incoming, Rules};
use crate::domain::table::{Share, Shares};
use crate::domain::unavailable::Unavailable;
use crate::payload::content::Apart;
use crate::sandbox::transfer::{ImportError, StateExport, StateImport};
use crate::state_file::{Part, Reader};

/// How much of a file is read at once.
const PORTION: usize = 64 * 1024;

/// What a file has of a sandbox: the contents of files, and no secrets.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use digime_mock_server::MockServer;
/// use digime_mock_server::state::ExportOptions;
///
/// let server = MockServer::start().await;
/// let mut file = Vec::new();
/// server.default_sandbox().export_state(&mut file, ExportOptions::default().with_secrets())?;
///
/// let another = MockServer::start().await;
/// let sandbox = another.import_state(&file[..])?;
/// assert_eq!(sandbox.id(), server.default_sandbox().id());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ExportOptions(Shares);

impl Default for ExportOptions {
    fn default() -> Self {
        Self(Shares { contents: Share::Included, secrets: Share::LeftOut })
    }
}

impl ExportOptions {
    /// Leaves the contents of files out: imported, they are zeros of the same length.
    #[must_use]
    pub fn without_contents(mut self) -> Self {
        self.0.contents = Share::LeftOut;
        self
    }

    /// Takes in keys, codes, sessions and tokens, so that clients go on with those that they have.
    #[must_use]
    pub fn with_secrets(mut self) -> Self {
        self.0.secrets = Share::Included;
        self
    }
}

/// Why a sandbox does not become a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportStateError {
    /// The sandbox cannot be read.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The file cannot be written, or the sandbox not be read to its end.
    #[error("the state cannot be written: {0}")]
    Io(#[from] std::io::Error),
}

/// Why a file does not become a sandbox. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportStateError {
    /// The file cannot be read.
    #[error("the state cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// A file cannot be opened.
    #[error("{} cannot be read: {error}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It cannot be taken in.
    #[error(transparent)]
    Import(#[from] ImportError),
}

/// Looks through a file as an import would, without a server: whether it is whole, and each of its rows one of
/// this version. Whether it can be imported somewhere, only that server knows.
///
/// # Errors
/// [`ImportStateError`].
pub fn check(mut from: impl Read) -> Result<(), ImportStateError> {
    let damaged = |error| ImportStateError::Import(ImportError::File(error));
    let (mut reader, mut incoming) = (Reader::default(), None);
    let mut portion = vec![0; PORTION];
    loop {
        let length = from.read(&mut portion)?;
        if length == 0 {
            return reader.finish().map_err(damaged);
        }
        reader.feed(&portion[..length]);
        while let Some(part) = reader.next().map_err(damaged)? {
            match (part, &mut incoming) {
                (Part::Header(header), _) => {
                    let (rules, secrets) = (Rules::default(), header.shares().secrets);
                    incoming = Some(Incoming::new(header.tag(), rules, secrets));
                }
                (Part::Row { table, key, row }, Some(incoming)) => {
                    let read = incoming.read(&table, key, row.get());
                    let (row, _) = read.map_err(|error| damaged(reader.damaged(error)))?;
                    if let Some(Apart::Follows(length)) = row.row.apart() {
                        reader.expect_content(length);
                    }
                }
                (Part::Row { .. } | Part::Piece(_), _) => {}
            }
        }
    }
}

impl SandboxHandle {
    /// Writes all of the sandbox as it is now, in the form that [`MockServer::import_state`] and `digime-mock
    /// state import` read.
    ///
    /// # Errors
    /// [`ExportStateError`]; what was written then is no whole file.
    pub fn export_state(
        &self,
        mut to: impl Write + Send,
        options: ExportOptions,
    ) -> Result<(), ExportStateError> {
        // A database's connection must be given back where it lives, so that all of it happens there.
        self.sandbox.wait(async {
            let mut export = StateExport::begin(&self.sandbox, options.0).await?;
            while let Some(portion) = export.next().await? {
                to.write_all(&portion)?;
            }
            Ok(to.flush()?)
        })
    }
}

impl MockServer {
    /// Makes the sandbox that a file has the state of, all of it or nothing. If there is one with its id, it must
    /// be empty.
    ///
    /// # Errors
    /// [`ImportStateError`].
    pub fn import_state(&self, mut from: impl Read) -> Result<SandboxHandle, ImportStateError> {
        let sandboxes = &self.server.sandboxes;
        let any = sandboxes.default_sandbox();
        let mut import = StateImport::new(sandboxes, None, Before::Nothing);
        let mut portion = vec![0; PORTION];
        let taken_in = loop {
            match from.read(&mut portion) {
                Ok(0) => break Ok(()),
                Ok(length) => {
                    if let Err(error) = any.wait(import.feed(&portion[..length])) {
                        break Err(error.into());
                    }
                }
                Err(error) => break Err(error.into()),
            }
        };
        if let Err(error) = taken_in {
            any.wait(import.discard());
            return Err(error);
        }
        let imported = any.wait(import.finish())?;
        let sandbox = sandboxes.get(&imported.sandbox).unwrap_or(any);
        Ok(SandboxHandle { server: Arc::clone(&self.server), sandbox })
    }

    /// As [`MockServer::import_state`], of a file with a path.
    ///
    /// # Errors
    /// [`ImportStateError`].
    pub(super) fn import_state_file(&self, path: &Path) -> Result<SandboxHandle, ImportStateError> {
        let file = std::fs::File::open(path);
        let file = file.map_err(|error| ImportStateError::Open { path: path.to_owned(), error })?;
        self.import_state(file)
    }
}

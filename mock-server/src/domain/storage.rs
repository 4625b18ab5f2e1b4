//! A storage: a file area of one user, created before the user is known and bound later
//! (protocol reference, README §3 and http-api §8).

use serde::{Deserialize, Serialize};

use super::library::LibraryId;
use super::refusal::{Refusal, RefusalCode};
use super::storage_path::FilePath;
use crate::payload::content::Content;

/// Identifies a storage.
pub(crate) type StorageId = String;

/// How much fits into a storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageLimits {
    /// All files of one storage together, in bytes.
    pub quota: u64,
    /// One file, in bytes.
    pub file: u64,
}

impl Default for StorageLimits {
    /// 256 MiB, of which one file may take 64 MiB.
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self { quota: 256 * MIB, file: 64 * MIB }
    }
}

/// What clients are told of a storage: `{"id", "kid"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StorageRef {
    /// Its id.
    pub id: StorageId,
    /// The key id that cloud JWTs of the contract that created it carry.
    pub kid: String,
}

/// A file of a storage.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredFile {
    /// Stays the same when the file is replaced.
    pub id: String,
    /// Where it is, as it was last written.
    pub path: FilePath,
    /// Its bytes: a container that the server cannot read.
    pub content: Content,
}

/// One storage.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Storage {
    /// Key id, see [`StorageRef::kid`].
    pub kid: String,
    /// The application whose contract created it.
    pub application_id: String,
    /// The user that it is bound to.
    pub owner: Option<LibraryId>,
    /// Bytes of all its files.
    pub used: u64,
}

impl Storage {
    /// An empty storage that belongs to nobody yet.
    pub(crate) fn provisional(kid: String, application_id: String) -> Self {
        Self { kid, application_id, owner: None, used: 0 }
    }

    /// Checks that a file of `size` bytes may be put in the place of one of `replaced` bytes.
    ///
    /// # Errors
    /// `FileTooLarge` (413) or `QuotaExceeded` (507).
    pub(crate) fn require_room(
        &self,
        replaced: u64,
        size: u64,
        limits: &StorageLimits,
    ) -> Result<(), Refusal> {
        if size > limits.file {
            let message = format!("The file is larger than {} bytes", limits.file);
            let detail = "raise it with --storage-file-limit if that is on purpose";
            return Err(Refusal::new(413, RefusalCode::FileTooLarge, message, detail));
        }
        let others = self.used.saturating_sub(replaced);
        if others.saturating_add(size) > limits.quota {
            let message = format!("The storage holds at most {} bytes", limits.quota);
            let detail = format!("{others} are used by other files; see --storage-quota");
            return Err(Refusal::new(507, RefusalCode::QuotaExceeded, message, detail));
        }
        Ok(())
    }
}

/// The storage that a client names does not exist, or is not its own.
pub(crate) fn no_such_storage(id: &str, detail: &str) -> Refusal {
    Refusal::new(404, RefusalCode::NotFound, format!("There is no storage {id}"), detail)
}

//! A storage: a file area of one user, created before the user is known and bound later
//! (protocol reference, README §3 and http-api §8).

use std::collections::BTreeMap;

use super::library::LibraryId;
use super::refusal::{Refusal, RefusalCode};
use super::storage_path::{FilePath, FolderPath, StoragePath};
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
#[derive(Clone, Debug)]
pub(crate) struct StoredFile {
    /// Stays the same when the file is replaced.
    pub id: String,
    /// Where it is, as it was last written.
    pub path: FilePath,
    /// Its bytes: a container that the server cannot read.
    pub content: Content,
}

/// One storage.
#[derive(Debug)]
pub(crate) struct Storage {
    /// Key id, see [`StorageRef::kid`].
    pub kid: String,
    /// The application whose contract created it.
    pub application_id: String,
    /// The user that it is bound to.
    pub owner: Option<LibraryId>,
    files: BTreeMap<String, StoredFile>,
    used: u64,
}

impl Storage {
    /// An empty storage that belongs to nobody yet.
    pub(crate) fn provisional(kid: String, application_id: String) -> Self {
        Self { kid, application_id, owner: None, files: BTreeMap::new(), used: 0 }
    }

    /// The files of a folder, and of the folders in it if `recursive`, in the order of their paths.
    /// A folder exists by its files alone, so that an unknown one is empty.
    pub(crate) fn list(&self, folder: &FolderPath, recursive: bool) -> Vec<&StoredFile> {
        let within = self.within(&folder.key());
        within.filter(|(rest, _)| recursive || !rest.contains('/')).map(|(_, file)| file).collect()
    }

    /// A file.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub(crate) fn file(&self, path: &FilePath) -> Result<&StoredFile, Refusal> {
        self.files.get(&path.key()).ok_or_else(|| not_found(path))
    }

    /// Checks that a file of `size` bytes may be put at `path`, counting what it replaces as free.
    ///
    /// # Errors
    /// `FileTooLarge` (413) or `QuotaExceeded` (507).
    pub(crate) fn require_room(
        &self,
        path: &FilePath,
        size: u64,
        limits: &StorageLimits,
    ) -> Result<(), Refusal> {
        if size > limits.file {
            let message = format!("The file is larger than {} bytes", limits.file);
            let detail = "raise it with --storage-file-limit if that is on purpose";
            return Err(Refusal::new(413, RefusalCode::FileTooLarge, message, detail));
        }
        let replaced = self.files.get(&path.key()).map_or(0, |file| file.content.len());
        let others = self.used - replaced;
        if others + size > limits.quota {
            let message = format!("The storage holds at most {} bytes", limits.quota);
            let detail = format!("{others} are used by other files; see --storage-quota");
            return Err(Refusal::new(507, RefusalCode::QuotaExceeded, message, detail));
        }
        Ok(())
    }

    /// Stores a file; one at the same path is replaced and keeps its id.
    ///
    /// # Errors
    /// As [`Storage::require_room`]; nothing changes then.
    pub(crate) fn put(
        &mut self,
        path: FilePath,
        content: Content,
        new_id: impl FnOnce() -> String,
        limits: &StorageLimits,
    ) -> Result<&StoredFile, Refusal> {
        self.require_room(&path, content.len(), limits)?;
        let key = path.key();
        let replaced = self.files.remove(&key);
        self.used -= replaced.as_ref().map_or(0, |file| file.content.len());
        self.used += content.len();
        let id = replaced.map_or_else(new_id, |file| file.id);
        Ok(self.files.entry(key).or_insert(StoredFile { id, path, content }))
    }

    /// Deletes a file, or a folder with everything in it; the application's own folder always
    /// exists.
    ///
    /// # Errors
    /// `NotFound` if there is nothing.
    pub(crate) fn delete(&mut self, path: &StoragePath) -> Result<(), Refusal> {
        let keys: Vec<String> = match path {
            StoragePath::File(file) => vec![self.file(file)?.path.key()],
            StoragePath::Folder(folder) => {
                let keys: Vec<_> = self.within(&folder.key()).map(|(_, file)| file.path.key()).collect();
                let is_root = folder.as_str().matches('/').count() == 3;
                if keys.is_empty() && !is_root {
                    return Err(not_found(folder));
                }
                keys
            }
        };
        for file in keys.iter().filter_map(|key| self.files.remove(key)).collect::<Vec<_>>() {
            self.used -= file.content.len();
        }
        Ok(())
    }

    /// The files below a folder, with the rest of their keys.
    fn within<'a>(&'a self, folder: &str) -> impl Iterator<Item = (&'a str, &'a StoredFile)> + use<'a> {
        let from = self.files.range(folder.to_owned()..);
        let folder = folder.to_owned();
        from.map_while(move |(key, file)| Some((key.strip_prefix(&folder)?, file)))
    }
}

/// The storage that a client names does not exist, or is not its own.
pub(crate) fn no_such_storage(id: &str, detail: &str) -> Refusal {
    Refusal::new(404, RefusalCode::NotFound, format!("There is no storage {id}"), detail)
}

fn not_found(path: &impl std::fmt::Display) -> Refusal {
    Refusal::new(
        404,
        RefusalCode::NotFound,
        format!("{path} is not in the storage"),
        "a folder's path ends in a slash, a file's does not; letters may be of either case",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> StoragePath {
        StoragePath::parse("App", text).unwrap()
    }

    fn content(size: usize) -> Content {
        Content::from(vec![7; size])
    }

    const LIMITS: StorageLimits = StorageLimits { quota: 100, file: 60 };

    fn put(storage: &mut Storage, text: &str, size: usize) -> Result<String, Refusal> {
        let file = path(text).file().unwrap();
        storage.put(file, content(size), || format!("id of {text}"), &LIMITS).map(|file| file.id.clone())
    }

    fn storage(paths: &[&str]) -> Storage {
        let mut storage = Storage::provisional("kid".to_owned(), "App".to_owned());
        for text in paths {
            put(&mut storage, text, 10).unwrap();
        }
        storage
    }

    fn listed(storage: &Storage, folder: &str, recursive: bool) -> Vec<String> {
        let files = storage.list(&path(folder).folder(), recursive);
        files.iter().map(|file| file.path.to_string()).collect()
    }

    #[test]
    fn a_folder_lists_its_own_files_or_all_below() {
        let storage = storage(&["b", "Docs/c", "docs/A", "Docs/deep/d", "docs2/e"]);
        assert_eq!(listed(&storage, "", false), ["/apps/App/b"]);
        assert_eq!(listed(&storage, "DOCS", false), ["/apps/App/docs/A", "/apps/App/Docs/c"]);
        let below = ["/apps/App/docs/A", "/apps/App/Docs/c", "/apps/App/Docs/deep/d"];
        assert_eq!(listed(&storage, "docs/", true), below);
        assert_eq!(listed(&storage, "", true).len(), 5);
        assert!(listed(&storage, "none", true).is_empty());
    }

    #[test]
    fn a_file_is_found_in_any_case_and_replaced_by_another_at_its_path() {
        let mut storage = storage(&["Docs/Report.pdf"]);
        let id = put(&mut storage, "docs/REPORT.pdf", 20).unwrap();
        assert_eq!(id, "id of Docs/Report.pdf");
        let file = storage.file(&path("DOCS/report.PDF").file().unwrap()).unwrap();
        assert_eq!((file.path.name(), file.content.len()), ("REPORT.pdf", 20));
        assert_eq!(storage.used, 20);
    }

    #[test]
    fn limits_hold_and_a_replaced_file_counts_as_free() {
        let mut storage = storage(&[]);
        put(&mut storage, "a", 60).unwrap();
        put(&mut storage, "b", 40).unwrap();
        assert_eq!(put(&mut storage, "c", 61).unwrap_err().code.as_str(), "FileTooLarge");
        let full = put(&mut storage, "c", 1).unwrap_err();
        assert_eq!((full.status, full.code.as_str()), (507, "QuotaExceeded"));
        assert_eq!(put(&mut storage, "B", 41).unwrap_err().code.as_str(), "QuotaExceeded");
        put(&mut storage, "A", 60).unwrap();
        storage.delete(&path("a")).unwrap();
        assert_eq!(storage.used, 40);
        put(&mut storage, "c", 60).unwrap();
    }

    #[test]
    fn files_and_folders_are_deleted_and_what_is_not_there_is_not_found() {
        let mut storage = storage(&["a", "Docs/b", "docs/deep/c"]);
        for text in ["docs", "a/", "x", "docs/none/"] {
            assert_eq!(storage.delete(&path(text)).unwrap_err().code.as_str(), "NotFound", "{text}");
        }
        storage.delete(&path("DOCS/")).unwrap();
        assert_eq!(listed(&storage, "", true), ["/apps/App/a"]);
        for _ in 0..2 {
            storage.delete(&path("/")).unwrap();
            assert!(listed(&storage, "", true).is_empty() && storage.used == 0);
        }
    }
}

//! The files of storages.

use super::State;
use super::rows::STORAGE;
use crate::domain::contract::Contract;
use crate::domain::quota::Usage;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::storage::StoredFile;
use crate::domain::storage_path::{FilePath, FolderPath, StoragePath};
use crate::domain::table::PartKey;
use crate::payload::content::Content;

fn key_of(storage: &str, path: &FilePath) -> PartKey {
    PartKey { whole: storage.to_owned(), part: path.key() }
}

impl State {
    /// The files of a folder, and of the folders in it if `recursive`, in the order of their paths.
    /// A folder exists by its files alone, so that an unknown one is empty.
    ///
    /// # Errors
    /// As [`State::storage`].
    pub(crate) fn storage_list(
        &self,
        contract: &Contract,
        storage: &str,
        folder: &FolderPath,
        recursive: bool,
    ) -> Result<Vec<StoredFile>, Refusal> {
        self.storage(contract, storage)?;
        let within = self.within(storage, folder);
        Ok(within
            .filter(|(rest, _)| recursive || !rest.contains('/'))
            .map(|(_, file)| file.clone())
            .collect())
    }

    /// A file.
    ///
    /// # Errors
    /// As [`State::storage`]; `NotFound` if there is none.
    pub(crate) fn storage_file(
        &self,
        contract: &Contract,
        storage: &str,
        path: &FilePath,
    ) -> Result<Result<&StoredFile, Refusal>, Refusal> {
        self.storage(contract, storage)?;
        Ok(self.storage_files.get(&key_of(storage, path)).ok_or_else(|| not_found(path)))
    }

    /// Checks that a file of `size` bytes may be put at `path`, counting what it replaces as free.
    ///
    /// # Errors
    /// As [`State::storage`]; `FileTooLarge` (413) or `QuotaExceeded` (507).
    pub(crate) fn storage_room(
        &self,
        contract: &Contract,
        storage: &str,
        path: &FilePath,
        size: u64,
    ) -> Result<(), Refusal> {
        let replaced = self.storage_files.get(&key_of(storage, path)).map_or(0, |file| file.content.len());
        self.storage(contract, storage)?.require_room(replaced, size, &self.rules.storage)?;
        Ok(self.require_byte_room(size, replaced)?)
    }

    /// Stores a file; one at the same path is replaced and keeps its id.
    ///
    /// # Errors
    /// As [`State::storage_room`]; nothing changes then.
    pub(crate) fn put_storage_file(
        &mut self,
        contract: &Contract,
        storage: &str,
        path: FilePath,
        content: Content,
    ) -> Result<StoredFile, Refusal> {
        self.storage_room(contract, storage, &path, content.len())?;
        let key = key_of(storage, &path);
        let replaced = self.storage_files.remove(&key);
        let freed = replaced.as_ref().map_or(0, |file| file.content.len());
        self.storages
            .change(storage, |it| it.used = it.used.saturating_sub(freed).saturating_add(content.len()));
        self.count_out(Usage { users: 0, bytes: freed });
        self.count_in(Usage { users: 0, bytes: content.len() });
        let id = replaced.map_or_else(|| self.mint(), |file| file.id);
        let file = StoredFile { id, path, content };
        self.storage_files.insert(key, file.clone());
        Ok(file)
    }

    /// Deletes a file, or a folder with everything in it; the application's own folder always
    /// exists.
    ///
    /// # Errors
    /// As [`State::storage`]; `NotFound` if there is nothing.
    pub(crate) fn delete_storage_files(
        &mut self,
        contract: &Contract,
        storage: &str,
        path: &StoragePath,
    ) -> Result<Result<(), Refusal>, Refusal> {
        self.storage(contract, storage)?;
        let keys: Vec<PartKey> = match path {
            StoragePath::File(file) => match self.storage_files.contains(&key_of(storage, file)) {
                true => vec![key_of(storage, file)],
                false => return Ok(Err(not_found(file))),
            },
            StoragePath::Folder(folder) => {
                let keys: Vec<_> =
                    self.within(storage, folder).map(|(_, file)| key_of(storage, &file.path)).collect();
                if keys.is_empty() && !folder.is_root() {
                    return Ok(Err(not_found(folder)));
                }
                keys
            }
        };
        let files = keys.iter().filter_map(|key| self.storage_files.remove(key));
        let freed: u64 = files.map(|file| file.content.len()).sum();
        self.storages.change(storage, |storage| storage.used = storage.used.saturating_sub(freed));
        self.count_out(Usage { users: 0, bytes: freed });
        Ok(Ok(()))
    }

    /// The files below a folder, with the rest of their keys.
    fn within<'a>(
        &'a self,
        storage: &'a str,
        folder: &FolderPath,
    ) -> impl Iterator<Item = (&'a str, &'a StoredFile)> {
        let folder = folder.key();
        let from = PartKey { whole: storage.to_owned(), part: folder.clone() };
        let files = self.storage_files.of_from(STORAGE, storage, &from);
        files.map_while(move |(key, file)| Some((key.part.strip_prefix(&folder)?, file)))
    }
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
    use crate::domain::contract::ContractKind;
    use crate::domain::state::Rules;
    use crate::domain::storage::StorageLimits;
    use crate::random::SandboxTag;

    fn path(text: &str) -> StoragePath {
        StoragePath::parse("App", text).unwrap()
    }

    /// A storage of a sandbox of its own.
    struct Area {
        state: State,
        contract: Contract,
        id: String,
    }

    impl Area {
        fn with(paths: &[&str]) -> Self {
            let storage = StorageLimits { quota: 100, file: 60 };
            let mut state = State::new(SandboxTag::fresh(), Rules { storage, ..Rules::default() });
            let contract = Contract::sample(ContractKind::Read);
            let id = state.create_storage(&contract).id;
            let mut area = Self { state, contract, id };
            for text in paths {
                area.put(text, 10).unwrap();
            }
            area
        }

        fn put(&mut self, text: &str, size: usize) -> Result<String, Refusal> {
            let (file, content) = (path(text).file().unwrap(), Content::from(vec![0; size]));
            self.state.put_storage_file(&self.contract, &self.id, file, content).map(|file| file.id)
        }

        fn file(&self, text: &str) -> Result<StoredFile, Refusal> {
            let file = path(text).file().unwrap();
            self.state.storage_file(&self.contract, &self.id, &file).unwrap().cloned()
        }

        fn listed(&self, folder: &str, recursive: bool) -> Vec<String> {
            let folder = path(folder).folder();
            let files = self.state.storage_list(&self.contract, &self.id, &folder, recursive).unwrap();
            files.iter().map(|file| file.path.to_string()).collect()
        }

        fn delete(&mut self, text: &str) -> Result<(), Refusal> {
            self.state.delete_storage_files(&self.contract, &self.id, &path(text)).unwrap()
        }

        fn used(&self) -> u64 {
            self.state.storage(&self.contract, &self.id).unwrap().used
        }
    }

    #[test]
    fn a_folder_lists_its_own_files_or_all_below() {
        let area = Area::with(&["b", "Docs/c", "docs/A", "Docs/deep/d", "docs2/e"]);
        assert_eq!(area.listed("", false), ["/apps/App/b"]);
        assert_eq!(area.listed("DOCS", false), ["/apps/App/docs/A", "/apps/App/Docs/c"]);
        let below = ["/apps/App/docs/A", "/apps/App/Docs/c", "/apps/App/Docs/deep/d"];
        assert_eq!(area.listed("docs/", true), below);
        assert_eq!(area.listed("", true).len(), 5);
        assert!(area.listed("none", true).is_empty());
    }

    #[test]
    fn a_file_is_found_in_any_case_and_replaced_by_another_at_its_path() {
        let mut area = Area::with(&["Docs/Report.pdf"]);
        let before = area.file("Docs/Report.pdf").unwrap().id;
        assert_eq!(area.put("docs/REPORT.pdf", 20).unwrap(), before);
        let file = area.file("DOCS/report.PDF").unwrap();
        assert_eq!((file.path.name(), file.content.len()), ("REPORT.pdf", 20));
        assert_eq!(area.used(), 20);
    }

    #[test]
    fn limits_hold_and_a_replaced_file_counts_as_free() {
        let mut area = Area::with(&[]);
        area.put("a", 60).unwrap();
        area.put("b", 40).unwrap();
        assert_eq!(area.put("c", 61).unwrap_err().code.as_str(), "FileTooLarge");
        let full = area.put("c", 1).unwrap_err();
        assert_eq!((full.status, full.code.as_str()), (507, "QuotaExceeded"));
        assert_eq!(area.put("B", 41).unwrap_err().code.as_str(), "QuotaExceeded");
        area.put("A", 60).unwrap();
        area.delete("a").unwrap();
        assert_eq!(area.used(), 40);
        area.put("c", 60).unwrap();
    }

    #[test]
    fn files_and_folders_are_deleted_and_what_is_not_there_is_not_found() {
        let mut area = Area::with(&["a", "Docs/b", "docs/deep/c"]);
        for text in ["docs", "a/", "x", "docs/none/"] {
            assert_eq!(area.delete(text).unwrap_err().code.as_str(), "NotFound", "{text}");
        }
        area.delete("DOCS/").unwrap();
        assert_eq!(area.listed("", true), ["/apps/App/a"]);
        for _ in 0..2 {
            area.delete("/").unwrap();
            assert!(area.listed("", true).is_empty() && area.used() == 0);
        }
    }
}

//! Contents that are too large for rows: files in a folder beside the database.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::own_files;
use crate::payload::content::Content;

/// The folder.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Whether a file survives the loss of power.
    synced: bool,
    held: Arc<Mutex<Held>>,
}

/// What is not to be removed yet, because somebody reads all that there was at a moment.
#[derive(Debug, Default)]
struct Held {
    readers: usize,
    removed: Vec<String>,
}

/// For as long as it is there, the folder keeps what it has.
#[derive(Debug)]
pub(super) struct Hold(Folder);

impl Drop for Hold {
    fn drop(&mut self) {
        let mut held = self.0.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.readers -= 1;
        if held.readers > 0 {
            return;
        }
        for id in held.removed.drain(..) {
            if let Err(error) = self.0.remove_now(&id) {
                tracing::warn!("a content that no row names is swept at the next start: {error}");
            }
        }
    }
}

impl Folder {
    pub(super) fn open(path: PathBuf, synced: bool) -> io::Result<Self> {
        own_files::make_folder(&path)?;
        Ok(Self { path, synced, held: Arc::default() })
    }

    /// The ids are the server's own, of letters and digits. The last two spread the files over folders.
    fn path_of(&self, id: &str) -> PathBuf {
        let spread = id.get(id.len().saturating_sub(2)..).unwrap_or(id);
        self.path.join(spread).join(id)
    }

    /// Writes a content. It has its name when all of it is there.
    pub(super) fn write(&self, id: &str, content: &Content) -> io::Result<()> {
        let path = self.path_of(id);
        let folder = path.parent().unwrap_or(&self.path);
        own_files::make_folder(folder)?;
        let part = path.with_extension("part");
        let written = self.write_part(&part, content);
        if written.is_err() {
            // The disk may be full, and a part of it would keep it so until the next start.
            let _ = fs::remove_file(&part);
        }
        written?;
        fs::rename(&part, &path)?;
        if self.synced {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    fn write_part(&self, part: &Path, content: &Content) -> io::Result<()> {
        let mut file = own_files::options().truncate(true).open(part)?;
        for piece in content.pieces() {
            file.write_all(&piece?)?;
        }
        if self.synced {
            file.sync_all()?;
        }
        Ok(())
    }

    /// The content with this id.
    pub(super) fn read(&self, id: &str, length: u64) -> io::Result<Content> {
        let file = File::open(self.path_of(id))?;
        match file.metadata()?.len() == length {
            true => Ok(Content::of_file(file, length)),
            false => Err(io::Error::new(io::ErrorKind::InvalidData, format!("{id} has another length"))),
        }
    }

    /// Keeps what there is until the end of what it gives.
    pub(super) fn hold(&self) -> Hold {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).readers += 1;
        Hold(self.clone())
    }

    /// Removes a content, as soon as nobody holds the folder. Whoever reads it reads on.
    pub(super) fn remove(&self, id: &str) -> io::Result<()> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.readers > 0 {
            held.removed.push(id.to_owned());
            return Ok(());
        }
        drop(held);
        self.remove_now(id)
    }

    fn remove_now(&self, id: &str) -> io::Result<()> {
        match fs::remove_file(self.path_of(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes what has none of these names: what was written for rows that never were, or is to go with
    /// rows that are gone.
    pub(super) fn sweep(&self, named: &HashSet<String>) -> io::Result<usize> {
        let mut removed = 0;
        for folder in fs::read_dir(&self.path)? {
            let folder = folder?.path();
            if !folder.is_dir() {
                continue;
            }
            for file in fs::read_dir(folder)? {
                let path = file?.path();
                if !is_named(&path, named) {
                    fs::remove_file(path)?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}

fn is_named(path: &Path, named: &HashSet<String>) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| named.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_come_back_and_what_nothing_names_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let contents = Folder::open(folder.path().join("c"), true).unwrap();
        let bytes: Vec<u8> = (0..700_000).map(|i| (i % 251) as u8).collect();
        for id in ["first", "second"] {
            contents.write(id, &Content::from(bytes.clone())).unwrap();
        }
        fs::write(folder.path().join("c/st/third.part"), "half").unwrap();
        let named = HashSet::from(["first".to_owned()]);
        assert_eq!(contents.sweep(&named).unwrap(), 2);
        let read = contents.read("first", 700_000).unwrap();
        contents.remove("first").unwrap();
        contents.remove("first").unwrap();
        assert_eq!(read.piece(699_990, 100).unwrap().as_ref(), &bytes[699_990..]);
        assert!(contents.read("first", 700_000).is_err() && contents.read("second", 700_000).is_err());
    }

    #[test]
    fn what_is_removed_while_somebody_holds_the_folder_stays_until_the_last_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let contents = Folder::open(folder.path().join("c"), false).unwrap();
        contents.write("first", &Content::from(vec![1; 100])).unwrap();
        let (one, other) = (contents.hold(), contents.hold());
        contents.remove("first").unwrap();
        drop(one);
        assert!(contents.read("first", 100).is_ok());
        drop(other);
        assert!(contents.read("first", 100).is_err());
    }
}

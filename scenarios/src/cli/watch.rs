//! `digime-scenarios run --watch`: runs again what a change of files concerns.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::document::{self, FileError, LoadedFolder};
use crate::snapshot;

/// Editors write a file in several steps; what comes within this time is one change.
const QUIET: Duration = Duration::from_millis(200);

/// Watches scenario files, what they ask for, and their snapshots.
pub(super) struct Watch {
    paths: Vec<PathBuf>,
    /// The folders that are watched with all that is below them.
    folders: BTreeSet<PathBuf>,
    events: Receiver<notify::Result<Event>>,
    /// Stops watching when dropped.
    watcher: RecommendedWatcher,
}

/// What a change concerns.
pub(super) struct Change {
    /// The scenarios that changed, that ask for a file that changed, or whose snapshot changed.
    pub(super) scenarios: Vec<PathBuf>,
    /// All that is wrong now.
    pub(super) errors: Vec<FileError>,
}

impl Watch {
    /// Begins to watch. Of a file its folder is watched too: its snapshot is there.
    ///
    /// # Errors
    /// If the system cannot watch a path.
    pub(super) fn start(paths: &[PathBuf]) -> notify::Result<Self> {
        let (sender, events) = channel();
        let mut watcher = notify::recommended_watcher(sender)?;
        let folders = folders(paths);
        for folder in &folders {
            watcher.watch(folder, RecursiveMode::Recursive)?;
        }
        let mut watch = Self { paths: paths.to_owned(), folders, events, watcher };
        watch.follow(&document::load(paths));
        Ok(watch)
    }

    /// Waits for a change that concerns something; none if watching has ended.
    pub(super) fn next(&mut self) -> Option<Change> {
        loop {
            let mut changed = BTreeSet::new();
            note(self.events.recv().ok()?, &mut changed);
            loop {
                match self.events.recv_timeout(QUIET) {
                    Ok(event) => note(event, &mut changed),
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return None,
                }
            }
            let folder = document::load(&self.paths);
            self.follow(&folder);
            if let Some(change) = concerned(folder, &changed) {
                return Some(change);
            }
        }
    }

    /// Watches the folders of flows and states that are elsewhere. One that is not there yet, or no more, cannot
    /// be watched; each change is an occasion to try again.
    fn follow(&mut self, loaded: &LoadedFolder) {
        let files: BTreeSet<_> = loaded.asked.values().flatten().map(|path| absolute(path)).collect();
        let elsewhere: BTreeSet<_> = files
            .iter()
            .filter_map(|file| file.parent())
            .filter(|parent| !self.folders.iter().any(|folder| parent.starts_with(folder)))
            .collect();
        for folder in elsewhere {
            let _ = self.watcher.watch(folder, RecursiveMode::NonRecursive);
        }
    }
}

/// What a change concerns, if it concerns anything. A file that is wrong does not tell what made it so: a flow
/// that has lost a parameter is fine itself. So all that is wrong is told whenever a file has changed that any
/// of them asks for.
fn concerned(folder: LoadedFolder, changed: &BTreeSet<PathBuf>) -> Option<Change> {
    let has_changed = |path: &Path| changed.contains(&absolute(path));
    let touched = folder.asked.iter().filter(|(_, asked)| asked.iter().any(|path| has_changed(path)));
    let touched: BTreeSet<_> = touched.map(|(path, _)| path).collect();
    let scenarios = folder.scenarios.iter().map(|scenario| &scenario.file.path);
    let scenarios: Vec<_> = scenarios
        .filter(|path| touched.contains(path) || has_changed(&snapshot::path_of(path)))
        .cloned()
        .collect();
    let errors = if touched.is_empty() { Vec::new() } else { folder.errors };
    (!scenarios.is_empty() || !errors.is_empty()).then_some(Change { scenarios, errors })
}

fn folders(paths: &[PathBuf]) -> BTreeSet<PathBuf> {
    let folder = |path: &PathBuf| {
        let path = absolute(path);
        if path.is_dir() { path } else { path.parent().map_or(path.clone(), Path::to_owned) }
    };
    paths.iter().map(folder).collect()
}

fn note(event: notify::Result<Event>, changed: &mut BTreeSet<PathBuf>) {
    if let Ok(event) = event
        && matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_))
    {
        changed.extend(event.paths.iter().map(|path| absolute(path)));
    }
}

/// The path as the system calls it: without `..` and links. What is no longer there keeps its names.
fn absolute(path: &Path) -> PathBuf {
    let gone = || {
        let folder =
            path.parent().map(|folder| if folder == Path::new("") { Path::new(".") } else { folder });
        match (folder, path.file_name()) {
            (Some(folder), Some(name)) => absolute(folder).join(name),
            _ => path.to_owned(),
        }
    };
    path.canonicalize().unwrap_or_else(|_| gone())
}

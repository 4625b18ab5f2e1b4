//! `digime-scenarios run --watch`: runs again what a change of files concerns.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::document::{self, LoadedFile};
use crate::snapshot;

/// Editors write a file in several steps; what comes within this time is one change.
const QUIET: Duration = Duration::from_millis(200);

/// Watches scenario files and their snapshots.
pub(super) struct Watch {
    paths: Vec<PathBuf>,
    events: Receiver<notify::Result<Event>>,
    /// Stops watching when dropped.
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Begins to watch. Of a file its folder is watched too: what it reuses may be there.
    ///
    /// # Errors
    /// If the system cannot watch a path.
    pub(super) fn start(paths: &[PathBuf]) -> notify::Result<Self> {
        let (sender, events) = channel();
        let mut watcher = notify::recommended_watcher(sender)?;
        for folder in folders(paths) {
            watcher.watch(&folder, RecursiveMode::Recursive)?;
        }
        Ok(Self { paths: paths.to_owned(), events, _watcher: watcher })
    }

    /// Waits for a change, and gives the scenarios that it concerns; none if watching has ended.
    pub(super) fn next(&self) -> Option<Vec<PathBuf>> {
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
            let concerned = self.concerned(&changed);
            if !concerned.is_empty() {
                return Some(concerned);
            }
        }
    }

    /// The scenarios that changed, that reuse a flow that changed, or whose snapshot changed; files
    /// that are wrong too, so that it is told.
    fn concerned(&self, changed: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
        let folder = document::load(&self.paths);
        let mut concerned: BTreeSet<PathBuf> = BTreeSet::new();
        for scenario in &folder.scenarios {
            let path = &scenario.file.path;
            if reuses(scenario, changed) || changed.contains(&absolute(&snapshot::path_of(path))) {
                concerned.insert(path.clone());
            }
        }
        let wrong = folder.errors.iter().filter_map(|error| Some(error.position()?.file.path.clone()));
        concerned.extend(wrong.filter(|path| changed.contains(&absolute(path))));
        concerned.into_iter().collect()
    }
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

fn reuses(loaded: &LoadedFile, changed: &BTreeSet<PathBuf>) -> bool {
    changed.contains(&absolute(&loaded.file.path))
        || loaded.reused.iter().flatten().any(|reused| reuses(reused, changed))
}

/// The path as the system calls it: without `..` and links. What is no longer there keeps its name.
fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
        match (folder, path.file_name()) {
            (Some(folder), Some(name)) => folder.join(name),
            _ => path.to_owned(),
        }
    })
}

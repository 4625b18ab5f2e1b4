//! Snapshots in the format of `insta`, so that `cargo insta review` works on them.
//!
//! `insta` itself assumes a test run: it asks `cargo` for the workspace and reports by panic. The
//! format is small, so it is read and written here; a test proves that each accepts the other's.

mod file;
mod stable;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use file::{read, write};
#[cfg(any(test, fuzzing))]
pub(crate) use file::{text_in, with_line_feeds, written};
pub(crate) use stable::{named_months, stable};

use crate::document::{FileError, LoadedFile, is_hidden};
use crate::format::SnapshotOf;
use crate::position::shown;
use crate::report::SnapshotReport;

/// What is done with a snapshot that differs or is missing. Either way the scenario fails, except
/// when the new one is accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SnapshotMode {
    /// Nothing is written.
    #[default]
    Compare,
    /// Nothing is written, and snapshots that no scenario refers to fail the run: for CI.
    Check,
    /// The new one is written beside the old one, for `cargo insta review`.
    Review,
    /// The new one replaces the old one.
    Accept,
}

impl SnapshotMode {
    /// What `INSTA_UPDATE` asks for, as in tests that use `insta`.
    pub fn of_insta(update: Option<&str>, ci: bool) -> Self {
        match update {
            Some("always" | "force") => Self::Accept,
            Some("new" | "unseen") => Self::Review,
            Some("no") => Self::Check,
            _ if ci => Self::Check,
            _ => Self::Review,
        }
    }
}

/// Where the snapshot of a scenario file is.
pub(crate) fn path_of(scenario: &Path) -> PathBuf {
    let name = scenario.file_stem().unwrap_or_default().to_string_lossy();
    scenario.with_file_name("snapshots").join(format!("{name}.snap"))
}

/// Whether a scenario takes a snapshot.
pub(crate) fn is_taken(loaded: &LoadedFile) -> bool {
    let steps = loaded.document.steps.iter();
    let own = steps
        .clone()
        .any(|step| step.options.snapshot.unwrap_or(loaded.document.snapshot) != SnapshotOf::Nothing);
    own || loaded.reused.iter().flatten().any(|reused| is_taken(reused))
}

/// Compares with the snapshot on disk and does what the mode says. Gives the old text if it differs.
///
/// # Errors
/// If files cannot be read or written.
pub(crate) fn compare(
    mode: SnapshotMode,
    scenario: &Path,
    name: &str,
    text: &str,
) -> std::io::Result<(SnapshotReport, Option<String>)> {
    let path = path_of(scenario);
    let pending = path.with_extension("snap.new");
    let old = match (read(&path), mode) {
        (Ok(old), _) => old,
        // What is there is replaced, whatever it is.
        (Err(_), SnapshotMode::Accept) => None,
        (Err(error), _) => return Err(error),
    };
    let text = text.trim_end();
    if old.as_deref() == Some(text) {
        if matches!(mode, SnapshotMode::Accept | SnapshotMode::Review) && pending.exists() {
            std::fs::remove_file(&pending)?;
        }
        return Ok((SnapshotReport::Same, None));
    }
    let old = old.unwrap_or_default();
    match mode {
        SnapshotMode::Compare | SnapshotMode::Check => Ok((SnapshotReport::Different, Some(old))),
        SnapshotMode::Review => {
            write(&pending, scenario, name, text)?;
            Ok((SnapshotReport::Pending, Some(old)))
        }
        SnapshotMode::Accept => {
            write(&path, scenario, name, text)?;
            if pending.exists() {
                std::fs::remove_file(&pending)?;
            }
            Ok((SnapshotReport::Written, None))
        }
    }
}

/// Scenarios that would share a snapshot, because their files differ by the extension or by case alone.
pub(crate) fn shared(scenarios: &[Arc<LoadedFile>]) -> Vec<FileError> {
    let mut first: BTreeMap<String, &Arc<LoadedFile>> = BTreeMap::new();
    let mut errors = Vec::new();
    for scenario in scenarios.iter().filter(|scenario| is_taken(scenario)) {
        // Some file systems know no case.
        let key = shown(&path_of(&scenario.file.path)).to_lowercase();
        match first.get(&key) {
            Some(other) => errors.push(
                scenario
                    .wrong(format!("{} takes the same snapshot", shown(&other.file.path)))
                    .help("rename one of the two files"),
            ),
            None => drop(first.insert(key, scenario)),
        }
    }
    errors
}

/// Snapshots that no scenario takes: of all that are below the folders in `paths`, and of those that the
/// files in `paths` could have taken.
///
/// # Errors
/// If a folder cannot be read.
pub(crate) fn unreferenced(
    paths: &[PathBuf],
    scenarios: &[Arc<LoadedFile>],
) -> std::io::Result<Vec<PathBuf>> {
    let absolute = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let taken = scenarios.iter().filter(|scenario| is_taken(scenario));
    let taken: BTreeSet<_> = taken.map(|scenario| absolute(&path_of(&scenario.file.path))).collect();
    let mut there = Vec::new();
    for path in paths {
        match path.is_dir() {
            true => below(path, &mut there, &mut BTreeSet::new())?,
            false => there.extend(Some(path_of(path)).filter(|path| path.is_file())),
        }
    }
    there.retain(|path| !taken.contains(&absolute(path)));
    there.sort();
    there.dedup();
    Ok(there)
}

/// The snapshots in all folders `snapshots` below a folder.
fn below(folder: &Path, found: &mut Vec<PathBuf>, seen: &mut BTreeSet<PathBuf>) -> std::io::Result<()> {
    if !seen.insert(folder.canonicalize()?) {
        return Ok(());
    }
    let of_snapshots = folder.file_name().is_some_and(|name| name == "snapshots");
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if is_hidden(&path) {
            continue;
        }
        if path.is_dir() {
            below(&path, found, seen)?;
        } else if of_snapshots && path.extension().is_some_and(|extension| extension == "snap") {
            found.push(path);
        }
    }
    Ok(())
}

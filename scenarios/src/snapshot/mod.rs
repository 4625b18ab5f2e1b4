//! Snapshots in the format of `insta`, so that `cargo insta review` works on them.
//!
//! `insta` itself assumes a test run: it asks `cargo` for the workspace and reports by panic. The
//! format is small, so it is read and written here; a test proves that each accepts the other's.

mod file;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use file::{read, write};

use crate::document::LoadedFile;
use crate::format::SnapshotOf;
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
    let old = read(&path)?;
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

/// Snapshots beside the scenarios that none of them takes.
pub(crate) fn unreferenced(scenarios: &[Arc<LoadedFile>]) -> std::io::Result<Vec<PathBuf>> {
    let taken = scenarios.iter().filter(|scenario| is_taken(scenario));
    let taken: Vec<_> = taken.map(|scenario| path_of(&scenario.file.path)).collect();
    let mut folders: Vec<_> =
        scenarios.iter().map(|scenario| scenario.file.path.with_file_name("snapshots")).collect();
    folders.sort();
    folders.dedup();
    let mut unreferenced = Vec::new();
    for folder in folders.into_iter().filter(|folder| folder.is_dir()) {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let is_snapshot = path.extension().is_some_and(|extension| extension == "snap");
            if is_snapshot && !taken.contains(&path) {
                unreferenced.push(path);
            }
        }
    }
    unreferenced.sort();
    Ok(unreferenced)
}

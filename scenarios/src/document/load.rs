//! Scenario files from a folder: read, checked, and joined with the flows that they reuse.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize as _;

use super::error::FileError;
use super::generations;
use super::names;
use super::scenario::Document;
use super::step::StepKind;
use crate::format::{Lifetimes, ServerSetup};
use crate::position::{Place, Position, SourceFile, shown};
use crate::yaml::{self, At};

/// A file that was read and checked, and the files that its steps reuse.
#[derive(Debug)]
pub(crate) struct LoadedFile {
    /// The file.
    pub(crate) file: Arc<SourceFile>,
    /// What it says.
    pub(crate) document: Document,
    /// For each step the file that it reuses, if it does.
    pub(crate) reused: Vec<Option<Arc<LoadedFile>>>,
}

impl LoadedFile {
    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        let name = self.document.scenario.as_ref().or(self.document.flow.as_ref());
        name.map_or("", |name| name.value.as_str())
    }

    /// Whether it runs by itself.
    pub(crate) fn is_scenario(&self) -> bool {
        self.document.scenario.is_some()
    }

    /// A place in the file.
    pub(crate) fn position(&self, place: Place) -> Position {
        Position { file: Arc::clone(&self.file), place }
    }

    /// A mistake that concerns the file as a whole.
    pub(crate) fn wrong(&self, message: impl Into<String>) -> FileError {
        let name = self.document.scenario.as_ref().or(self.document.flow.as_ref());
        FileError::at(&self.file, name.map_or_else(Place::default, |name| name.place), message)
    }

    /// The names that its steps capture, which the steps after a reuse may use.
    pub(super) fn captures(&self) -> Vec<String> {
        let own = self.document.steps.iter().flat_map(|step| step.options.capture.keys().cloned());
        let reused = self.reused.iter().flatten().flat_map(|reused| reused.captures());
        own.chain(reused).collect()
    }
}

/// What a folder holds.
#[derive(Debug, Default)]
pub(crate) struct LoadedFolder {
    /// The scenarios that can run, in the order of their paths.
    pub(crate) scenarios: Vec<Arc<LoadedFile>>,
    /// How many files are flows that others reuse.
    pub(crate) flows: usize,
    /// What is wrong.
    pub(crate) errors: Vec<FileError>,
    /// For each file, right or wrong, itself and the files that it asks for, be they there or not.
    #[cfg_attr(not(feature = "cli"), allow(dead_code, reason = "`--watch` alone asks for them"))]
    pub(crate) asked: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
}

/// Reads files, and all files below folders.
pub(crate) fn load(paths: &[PathBuf]) -> LoadedFolder {
    let mut folder = LoadedFolder::default();
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
        } else if let Err(error) = files_below(path, &mut files, &mut seen) {
            folder.errors.push(FileError::unreadable(path, &error));
        }
    }
    files.sort();
    // A file may be reached by several paths: named twice, below two folders, through a link.
    let mut seen = BTreeSet::new();
    files.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    for path in files {
        let mut reading = Reading::default();
        let loaded = load_file(&path, &mut reading);
        folder.asked.insert(path, reading.asked);
        match loaded {
            Ok(loaded) if loaded.is_scenario() => folder.scenarios.push(Arc::new(loaded)),
            Ok(_) => folder.flows += 1,
            Err(error) => folder.errors.push(*error),
        }
    }
    folder
}

/// `seen` are the folders that were entered, whatever path led there: a link may lead back.
fn files_below(folder: &Path, files: &mut Vec<PathBuf>, seen: &mut BTreeSet<PathBuf>) -> std::io::Result<()> {
    if !seen.insert(folder.canonicalize()?) {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if is_hidden(&path) {
            continue;
        }
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            files_below(&path, files, seen)?;
        } else if matches!(extension, Some("yaml" | "yml")) {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a name below a folder is no one's work: what editors and systems leave beside a file, as `.#a.yaml` and
/// `._a.yaml`, and what they keep for themselves, as `.git`.
pub(crate) fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// What is read for one file: those that are open, and all that were asked for.
#[derive(Default)]
pub(crate) struct Reading {
    open: Vec<Open>,
    asked: BTreeSet<PathBuf>,
}

/// A use of a file that is still being read: its path, and where it is used.
struct Open {
    path: PathBuf,
    used_at: Option<Position>,
}

fn load_file(path: &Path, reading: &mut Reading) -> Result<LoadedFile, Box<FileError>> {
    reading.asked.insert(path.to_owned());
    let text =
        std::fs::read_to_string(path).map_err(|error| Box::new(FileError::unreadable(path, &error)))?;
    load_text(path, text, reading)
}

/// Reads the text of a file that need not be there; what it names is relative to its path.
pub(crate) fn load_text(
    path: &Path,
    text: String,
    reading: &mut Reading,
) -> Result<LoadedFile, Box<FileError>> {
    let file = Arc::new(SourceFile { path: path.to_owned(), text });
    let wrong = |mistake| Box::new(FileError::of(&file, mistake));
    let root = yaml::parse(&file.text).map_err(wrong)?;
    let mut document = Document::deserialize(&root).map_err(wrong)?;
    check_kind(&document).map_err(|message| Box::new(FileError::at(&file, root.place, message)))?;
    if let Some((name, place)) = document.steps.iter().find_map(|step| step.options.idle()) {
        let message = format!("`{name}` says how to wait for `until`, which is missing");
        let error = FileError::at(&file, place, message);
        return Err(Box::new(error.help("say by `until` what is waited for, or leave it out")));
    }

    if let Some(name) = &document.server.state {
        document.server.state_path = Some(state_file(&file, name, &document.server, reading)?);
    }

    let used_at = reading.open.last().and_then(|user| user.used_at.clone());
    reading.open.push(Open { path: path.to_owned(), used_at });
    let mut reused = Vec::new();
    for step in &document.steps {
        reused.push(match &step.kind.value {
            StepKind::Reuse(reuse) => Some(Arc::new(load_reused(&file, &reuse.file, reading)?)),
            StepKind::Act(_) => None,
        });
    }
    reading.open.pop();
    let loaded = LoadedFile { file, document, reused };
    names::check(&loaded, &root)?;
    generations::check(&loaded)?;
    Ok(loaded)
}

fn check_kind(document: &Document) -> Result<(), String> {
    match (&document.scenario, &document.flow) {
        (Some(_), Some(_)) => Err("a file is a `scenario` or a `flow`, not both".to_owned()),
        (None, None) => Err("the key `scenario` (or, for what others reuse, `flow`) is missing".to_owned()),
        (Some(_), None) if !document.parameters.is_empty() => {
            Err("`parameters` belong to a `flow`, which others reuse".to_owned())
        }
        _ if document.steps.is_empty() => Err("there are no steps".to_owned()),
        _ => Ok(()),
    }
}

/// The path that a file names, relative to itself.
fn named(file: &Arc<SourceFile>, name: &At<String>) -> Result<PathBuf, Box<FileError>> {
    if name.value.contains('\\') {
        let message = format!("\"{}\" is found on one system only", name.value);
        // Without quotes, YAML takes `\\` for two of them.
        let plain = name.value.replace("\\\\", "\\").replace('\\', "/");
        let help = format!("write {plain}: `/` separates folders on every system");
        return Err(Box::new(FileError::at(file, name.place, message).help(help)));
    }
    let folder = file.path.parent().unwrap_or(Path::new(""));
    Ok(plain(&folder.join(&name.value)))
}

/// The file of a sandbox, as far as it can be told right from wrong without a server.
fn state_file(
    file: &Arc<SourceFile>,
    name: &At<String>,
    setup: &ServerSetup,
    reading: &mut Reading,
) -> Result<PathBuf, Box<FileError>> {
    let wrong = |message: String, help: &str| {
        Box::new(FileError::at(file, name.place, message).help(help.to_owned()))
    };
    if setup.lifetimes != Lifetimes::default() {
        let message = "a state has lifetimes of its own, so that `lifetimes` mean nothing".to_owned();
        return Err(wrong(message, "leave them out, or export the state from a sandbox that has them"));
    }
    let path = named(file, name)?;
    reading.asked.insert(path.clone());
    let opened = std::fs::File::open(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            wrong(format!("there is no file {}", shown(&path)), "`state` is relative to this file")
        }
        _ => Box::new(FileError::unreadable(&path, &error)),
    })?;
    #[cfg(feature = "embedded")]
    digime_mock_server::state::check(opened).map_err(|error| {
        wrong(format!("{}: {error}", shown(&path)), "`digime-mock state export FILE` writes another one")
    })?;
    #[cfg(not(feature = "embedded"))]
    drop(opened);
    Ok(path)
}

fn load_reused(
    file: &Arc<SourceFile>,
    name: &At<String>,
    reading: &mut Reading,
) -> Result<LoadedFile, Box<FileError>> {
    let path = named(file, name)?;
    reading.asked.insert(path.clone());
    let open = &mut reading.open;
    let here = Position { file: Arc::clone(file), place: name.place };
    if let Some(at) = open.iter().position(|open| plain(&open.path) == path) {
        let first = open.get(at + 1).and_then(|next| next.used_at.clone());
        let message = format!("{} is reused by itself", shown(&path));
        let error = FileError::at(file, name.place, message).label("here the cycle closes");
        return Err(Box::new(match first {
            Some(first) => error.and(&first, "here the cycle begins"),
            None => error,
        }));
    }
    if !path.is_file() {
        let message = format!("there is no file {}", shown(&path));
        return Err(Box::new(
            FileError::at(file, name.place, message).help("`use` is relative to this file"),
        ));
    }
    if let Some(user) = open.last_mut() {
        // What is opened next is used here.
        user.used_at = Some(here);
    }
    let loaded = load_file(&path, reading)?;
    match loaded.is_scenario() {
        false => Ok(loaded),
        true => {
            let message = format!("{} is a scenario; only a `flow` can be reused", shown(&path));
            Err(Box::new(FileError::at(file, name.place, message)))
        }
    }
}

/// A path without `.` and, where that is possible by the text alone, without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

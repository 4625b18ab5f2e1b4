//! What is wrong with a scenario file, for people.

use std::path::Path;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};

use crate::position::{Place, Position, SourceFile, shown};
use crate::yaml::Mistake;

/// What is wrong with a scenario file: file, line, column, and what to do.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{}{message}", self.position.as_ref().map(|it| format!("{it}: ")).unwrap_or_default())]
pub struct FileError {
    message: String,
    position: Option<Position>,
    #[help]
    help: Option<String>,
    #[source_code]
    source_text: Option<NamedSource<String>>,
    #[label("{label}")]
    span: Option<SourceSpan>,
    label: String,
    #[related]
    related: Vec<FileError>,
}

impl FileError {
    /// A file that cannot be read.
    pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self {
            message: format!("{} cannot be read: {error}", shown(path)),
            position: None,
            help: None,
            source_text: None,
            span: None,
            label: String::new(),
            related: Vec::new(),
        }
    }

    /// A mistake at a place.
    pub(crate) fn at(file: &Arc<SourceFile>, place: Place, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            position: Some(Position { file: Arc::clone(file), place }),
            help: None,
            source_text: Some(file.quoted()),
            span: Some(place.into()),
            label: "here".to_owned(),
            related: Vec::new(),
        }
    }

    /// A mistake that reading found.
    pub(crate) fn of(file: &Arc<SourceFile>, mistake: Mistake) -> Self {
        let error = Self::at(file, mistake.place.unwrap_or_default(), mistake.message);
        Self { help: mistake.help, ..error }
    }

    /// What to do about it.
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// What stands at the underlined text.
    pub(crate) fn label(self, label: impl Into<String>) -> Self {
        Self { label: label.into(), ..self }
    }

    /// A second place that belongs to it.
    pub(crate) fn and(mut self, position: &Position, message: &str) -> Self {
        self.related.push(Self::at(&position.file, position.place, message));
        self
    }

    /// Where it is, if it is in a file that could be read.
    pub fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// The error with the line that it is in, and what to do about it.
    #[must_use]
    pub fn explained(&self) -> String {
        let mut text = format!("{self}\n");
        if let Some(Position { file, place }) = &self.position
            && let Some(line) = file.text.lines().nth(place.line.saturating_sub(1))
        {
            text.push_str(&format!("  {:>4} | {line}\n", place.line));
        }
        if let Some(help) = &self.help {
            text.push_str(&format!("  help: {help}\n"));
        }
        text + &self.related.iter().map(Self::explained).collect::<String>()
    }
}

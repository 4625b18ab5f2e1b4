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
        let place = place.within(&file.text);
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
            && let Some(line) = file.line(place.line)
        {
            text.push_str(&format!("  {:>4} | {line}\n", place.line));
        }
        if let Some(help) = &self.help {
            text.push_str(&format!("  help: {help}\n"));
        }
        text + &self.related.iter().map(Self::explained).collect::<String>()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Reading, load_text};
    use std::path::Path;

    #[test]
    fn what_is_missing_at_the_end_of_a_file_is_shown_there() {
        for text in
            ["scenario: \"open\n", "scenario: \"open\n  ü\n", "scenario: 'open", "scenario: [\n", "ü: [ü"]
        {
            let error = load_text(Path::new("a.yaml"), text.to_owned(), &mut Reading::default()).unwrap_err();
            let place = error.position().unwrap().place;
            assert!(text.get(place.offset..place.offset + place.length).is_some(), "{text:?} {place:?}");
            let shown = format!("{:?}", miette::Report::from(*error));
            assert!(!shown.contains("Failed to read"), "{shown}");
        }
    }
}

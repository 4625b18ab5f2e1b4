//! Where in a scenario file something stands.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{NamedSource, SourceSpan};
use serde::Serialize;

/// A place in a text: line and column from 1, and the bytes that it covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// First byte.
    #[serde(skip)]
    pub offset: usize,
    /// Number of bytes.
    #[serde(skip)]
    pub length: usize,
}

impl Place {
    /// The place in this text: what is missing at its end is said to be behind it, where nothing can be quoted.
    pub(crate) fn within(self, text: &str) -> Self {
        let offset = text.floor_char_boundary(self.offset);
        let end = text.floor_char_boundary(self.offset.saturating_add(self.length));
        Self { offset, length: end.saturating_sub(offset), ..self }
    }
}

impl From<Place> for SourceSpan {
    fn from(place: Place) -> Self {
        Self::new(place.offset.into(), place.length)
    }
}

/// A line of a text, from 1 on. YAML ends lines at a carriage return, too.
pub(crate) fn line_of(text: &str, number: usize) -> Option<&str> {
    const ENDS: [char; 2] = ['\n', '\r'];
    let mut rest = text;
    for _ in 1..number {
        let end = rest.find(ENDS)?;
        let length = if rest[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = &rest[end + length..];
    }
    rest.split(ENDS).next()
}

/// A scenario file's path and text.
#[derive(Debug)]
pub struct SourceFile {
    /// The path, as given.
    pub path: PathBuf,
    /// The text.
    pub text: String,
}

impl SourceFile {
    /// A line of the text, from 1 on.
    pub(crate) fn line(&self, number: usize) -> Option<&str> {
        line_of(&self.text, number)
    }

    /// The text as error messages quote it.
    pub(crate) fn quoted(&self) -> NamedSource<String> {
        NamedSource::new(shown(&self.path), self.text.clone()).with_language("yaml")
    }
}

/// A place in a file.
#[derive(Clone, Debug)]
pub struct Position {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The place in it.
    pub place: Place,
}

impl Serialize for Position {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown {
            file: String,
            line: usize,
            column: usize,
        }
        let Place { line, column, .. } = self.place;
        Shown { file: shown(&self.file.path), line, column }.serialize(serializer)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", shown(&self.file.path), self.place.line, self.place.column)
    }
}

/// A path as reports write it: with `/` on every system.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_yaml_ends_them() {
        let lines: Vec<_> = (1..=6).map(|number| line_of("a\nb\r\nc\rd\r\r", number)).collect();
        assert_eq!(lines, [Some("a"), Some("b"), Some("c"), Some("d"), Some(""), Some("")]);
        assert_eq!((line_of("a", 2), line_of("", 1)), (None, Some("")));
    }
}

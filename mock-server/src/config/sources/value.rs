//! A value as it was written, and how the kinds of values are read.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::config::place::Place;

/// What is wrong with a value.
pub(crate) type Problem = String;

/// What is said of a flag, or a key of the file, that has no value.
pub(crate) const EMPTY: &str = "the value is empty: give one, or leave the setting out";

/// A value as it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    text: &'a OsStr,
    /// What paths are relative to.
    folder: &'a Path,
    place: &'a Place,
}

impl<'a> Value<'a> {
    pub(crate) fn new(text: &'a (impl AsRef<OsStr> + ?Sized), folder: &'a Path, place: &'a Place) -> Self {
        Self { text: text.as_ref(), folder, place }
    }

    /// Where it came from.
    pub(crate) fn place(&self) -> &'a Place {
        self.place
    }

    /// A part of it, from the same place.
    pub(crate) fn part<'b>(&self, text: &'b OsString) -> Value<'b>
    where
        'a: 'b,
    {
        Value { text, folder: self.folder, place: self.place }
    }

    /// Refuses a value that is empty or blank.
    pub(crate) fn present(&self) -> Result<(), Problem> {
        match self.text.to_str() {
            Some(text) if text.trim().is_empty() => Err(EMPTY.to_owned()),
            _ => Ok(()),
        }
    }

    /// The parts of a list; empty ones are left out, so that a comma at the end does no harm.
    pub(crate) fn split(&self, separator: char) -> Result<Vec<OsString>, Problem> {
        let parts = self.exact()?.split(|c: char| c == separator || (separator == ' ' && c.is_whitespace()));
        Ok(parts.map(str::trim).filter(|part| !part.is_empty()).map(OsString::from).collect())
    }

    /// The text, with nothing taken away.
    pub(crate) fn exact(&self) -> Result<&'a str, Problem> {
        self.text.to_str().ok_or_else(|| "the value is not UTF-8".to_owned())
    }

    /// The text without white space around it.
    pub(crate) fn text(&self) -> Result<&'a str, Problem> {
        self.exact().map(str::trim)
    }

    /// A whole number.
    pub(crate) fn number<T>(&self, range: RangeInclusive<T>) -> Result<T, Problem>
    where
        T: FromStr + PartialOrd + Display,
    {
        let text = self.text()?;
        text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            format!("{} is no whole number from {} to {}", quote(text), range.start(), range.end())
        })
    }

    /// Yes or no.
    pub(crate) fn switch(&self) -> Result<bool, Problem> {
        let text = self.text()?;
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            "false" | "no" | "off" | "0" => Ok(false),
            _ => Err(format!("{} is neither true nor false", quote(text))),
        }
    }

    /// A kind of value that reads itself and says what is wrong.
    pub(crate) fn parse<T: FromStr<Err: Display>>(&self) -> Result<T, Problem> {
        self.text()?.parse().map_err(|error: T::Err| error.to_string())
    }

    /// A path, relative to where the value stands. It may have any characters that the system allows.
    pub(crate) fn path(&self) -> Result<PathBuf, Problem> {
        let has_break = |text: &str| text.contains(['\n', '\r', '\0']);
        if self.text.to_str().is_some_and(has_break) {
            return Err("a path has a line break: write one path in one line".to_owned());
        }
        Ok(self.folder.join(self.text))
    }
}

/// A text in an error: short, and in one line.
pub(crate) fn quote(text: &str) -> String {
    let mut shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().count() > 60 {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

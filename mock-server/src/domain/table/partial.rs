//! A table of which only those rows are there that were asked for: the others are in a database.
//!
//! Whoever asks for a row that was not loaded is told that there is none, and that the row is missing is
//! noted. What was done then does not count: the missing rows are loaded, and it is done again.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use digime_fixtures::Dataset;
use digime_fixtures::catalogue::Source;

use super::portable::PortableTable;
use super::row::{Kept, Key, KeyText, Row};
use super::{RowMap, Table};
use crate::clock::Moment;
use crate::domain::lifeline::Lifeline;

/// Rows that are to be loaded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Wanted {
    /// Their table.
    pub(crate) table: &'static str,
    /// Which ones.
    pub(crate) by: By,
}

/// What rows are chosen by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum By {
    /// The one with this key.
    Key(String),
    /// All with this value in a column.
    Column(&'static str, String),
}

/// What a database has of what was wanted.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    /// What was wanted.
    pub(crate) wanted: Wanted,
    /// Keys and bodies.
    pub(crate) rows: Vec<(String, String)>,
}

/// What is to be written.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The table.
    pub(crate) table: &'static str,
    /// The row's key.
    pub(crate) key: String,
    /// The row as it is now; none if it is to be deleted.
    pub(crate) row: Option<RowImage>,
    /// The id of the content that the row named before.
    pub(crate) content_before: Option<String>,
}

/// A row as a database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowImage {
    /// All of it, as JSON.
    pub(crate) body: String,
    /// When it ends.
    pub(crate) expires: Option<Moment>,
    /// What it is found by, in the order of its columns.
    pub(crate) columns: Vec<(&'static str, Option<String>)>,
}

/// The column of the content that a row names.
pub(crate) const CONTENT: &str = "content";

impl RowImage {
    /// The id of the content that it names.
    pub(crate) fn content(&self) -> Option<&str> {
        self.columns.iter().find(|(name, _)| *name == CONTENT)?.1.as_deref()
    }
}

/// A row that cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[error("a row of {table} is not as this version writes it: {problem}")]
pub(crate) struct RowError {
    pub(super) table: &'static str,
    pub(super) problem: String,
}

/// What rows refer to that no database holds.
pub(crate) trait Surroundings: Send + Sync {
    /// What a source delivers for an account that was connected at this time.
    fn dataset(&self, source: &Source, id: &str, connected: Moment) -> Option<Arc<Dataset>>;

    /// What the downloads of the files of this user or account hang on.
    fn lifeline(&self, id: &str) -> Lifeline;

    /// Ends the downloads of a user or account that was deleted on another server.
    fn cut(&self, id: &str);
}

/// What is known of the rest of a table.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// The keys that were loaded, with the bodies that the database has.
    known: HashMap<String, Option<String>>,
    /// The columns and values of which all rows were loaded.
    listed: HashSet<(&'static str, String)>,
    /// The keys of rows that were changed since.
    touched: HashSet<String>,
    missing: RefCell<BTreeSet<By>>,
}

impl Rest {
    /// Notes that a row was looked for and is not there.
    pub(super) fn miss(&self, key: &(impl KeyText + ?Sized)) {
        let key = key.text();
        if !self.known.contains_key(key.as_ref()) && !self.touched.contains(key.as_ref()) {
            self.missing.borrow_mut().insert(By::Key(key.into_owned()));
        }
    }

    /// Notes that all rows with a value were looked for.
    pub(super) fn look_up(&self, column: &'static str, value: &str) {
        let wanted = (column, value.to_owned());
        if !self.listed.contains(&wanted) {
            self.missing.borrow_mut().insert(By::Column(wanted.0, wanted.1));
        }
    }

    /// Notes that a row is changed.
    pub(super) fn touch(&mut self, key: &(impl KeyText + ?Sized)) {
        let key = key.text();
        if !self.touched.contains(key.as_ref()) {
            self.touched.insert(key.into_owned());
        }
    }
}

/// A table of any rows, as a database sees it.
pub(crate) trait AnyTable: PortableTable {
    /// Its name.
    fn name(&self) -> &'static str;

    /// The names of its columns.
    fn columns(&self) -> Vec<&'static str>;

    /// For how long its rows are known after their end; none if they have no end.
    fn kept(&self) -> Option<Kept>;

    /// Empties it; from now on its rows are in a database.
    fn make_partial(&mut self);

    /// Takes in what was loaded.
    fn load(&mut self, loaded: &Loaded, around: &dyn Surroundings) -> Result<(), RowError>;

    /// What was looked for and has not been loaded.
    fn missing(&self) -> Vec<Wanted>;

    /// What is otherwise than in the database.
    fn changes(&self) -> Result<Vec<Change>, RowError>;
}

impl<R: Row> AnyTable for Table<R> {
    fn name(&self) -> &'static str {
        R::TABLE
    }

    fn columns(&self) -> Vec<&'static str> {
        R::COLUMNS.iter().map(|column| column.name).collect()
    }

    fn kept(&self) -> Option<Kept> {
        Some(R::KEPT).filter(|kept| *kept != Kept::Forever)
    }

    fn make_partial(&mut self) {
        *self = Self { rest: Some(Box::default()), ..Self::default() };
    }

    fn load(&mut self, loaded: &Loaded, around: &dyn Surroundings) -> Result<(), RowError> {
        let Some(mut rest) = self.rest.take() else { return Ok(()) };
        match &loaded.wanted.by {
            By::Key(key) => {
                rest.known.entry(key.clone()).or_default();
            }
            By::Column(column, value) => {
                rest.listed.insert((*column, value.clone()));
            }
        }
        for (key, body) in &loaded.rows {
            if self.has(key) {
                continue;
            }
            let wrong = |problem: String| RowError { table: R::TABLE, problem };
            let typed = R::Key::of_text(key).ok_or_else(|| wrong(format!("{key} is no key")))?;
            let mut row: R = serde_json::from_str(body).map_err(|error| wrong(error.to_string()))?;
            row.revive(&typed, around);
            self.insert(typed, row);
            rest.known.insert(key.clone(), Some(body.clone()));
        }
        self.rest = Some(rest);
        Ok(())
    }

    fn missing(&self) -> Vec<Wanted> {
        let missing = self.rest.iter().flat_map(|rest| rest.missing.borrow().clone());
        missing.map(|by| Wanted { table: R::TABLE, by }).collect()
    }

    fn changes(&self) -> Result<Vec<Change>, RowError> {
        let Some(rest) = &self.rest else { return Ok(Vec::new()) };
        let mut changes = Vec::new();
        for key in &rest.touched {
            let before = rest.known.get(key).and_then(Option::as_ref);
            let row = R::Key::of_text(key).and_then(|key| self.rows.get_key_value(&key));
            let row = row.map(|(key, row)| image(key, row)).transpose()?;
            if row.as_ref().map(|row| &row.body) != before {
                let names = R::COLUMNS.iter().any(|column| column.name == CONTENT);
                let before = before.filter(|_| names).map(|body| content_of::<R>(key, body)).transpose()?;
                let content_before = before.flatten();
                changes.push(Change { table: R::TABLE, key: key.clone(), row, content_before });
            }
        }
        Ok(changes)
    }
}

impl<R: Row> Table<R> {
    fn has(&self, key: &str) -> bool {
        R::Key::of_text(key).is_some_and(|key| RowMap::<R>::contains_key(&self.rows, &key))
    }
}

fn content_of<R: Row>(key: &str, body: &str) -> Result<Option<String>, RowError> {
    let wrong = |error: serde_json::Error| RowError { table: R::TABLE, problem: error.to_string() };
    let row: R = serde_json::from_str(body).map_err(wrong)?;
    let image = R::Key::of_text(key).map(|key| image(&key, &row)).transpose()?;
    Ok(image.and_then(|image| image.content().map(str::to_owned)))
}

pub(super) fn image<R: Row>(key: &R::Key, row: &R) -> Result<RowImage, RowError> {
    let wrong = |error: serde_json::Error| RowError { table: R::TABLE, problem: error.to_string() };
    let columns = R::COLUMNS.iter();
    Ok(RowImage {
        body: serde_json::to_string(row).map_err(wrong)?,
        expires: row.expires(),
        columns: columns.map(|it| (it.name, (it.value)(key, row).map(|value| value.into_owned()))).collect(),
    })
}

//! Rows on their way from one database to another: what a file of rows has of them.

use std::any::Any;
use std::fmt;
use std::io;

use serde_json::Value;

use super::partial::{RowError, RowImage, Surroundings, image};
use super::row::{Key, KeyText as _, Row};
use super::{RowMap, Table};
use crate::payload::content::{Apart, Content};
use crate::random::SandboxTag;

/// When a file has a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// In any case.
    Always,
    /// Only in a file that has secrets: keys, and what tells keys and tokens apart.
    WithSecrets,
}

/// What a file leaves out, or has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Share {
    /// It has it.
    Included,
    /// It does without.
    LeftOut,
}

/// What a file leaves out, or has, of what rows may do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shares {
    /// The contents of files.
    pub(crate) contents: Share,
    /// Keys, and what tells keys and tokens apart.
    pub(crate) secrets: Share,
}

/// A row as a file has it, and the content that follows it.
#[derive(Debug)]
pub(crate) struct PortableRow {
    /// Its key.
    pub(crate) key: String,
    /// All of it but its content, as JSON.
    pub(crate) body: String,
    /// Its content, if it names one that follows.
    pub(crate) content: Option<Content>,
}

/// Why rows do not leave a table.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    /// One cannot be written.
    #[error(transparent)]
    Row(#[from] RowError),
    /// There is no room for them.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Takes rows one by one.
pub(crate) type Sink<'a> = dyn FnMut(PortableRow) -> io::Result<()> + 'a;

/// A table of any rows, as a file sees it.
pub(crate) trait PortableTable {
    /// Its rows in the order of their keys, with secrets or without.
    ///
    /// # Errors
    /// What `to` says, or [`RowError`].
    fn export(&self, shares: Shares, to: &mut Sink<'_>) -> Result<(), ExportError>;

    /// A row as a file has it; none if the file has no secrets and the row is one.
    ///
    /// # Errors
    /// [`RowError`] if it is not as this version writes it.
    #[cfg_attr(not(any(test, feature = "durable")), allow(dead_code))]
    fn portable(&self, key: &str, body: &str, shares: Shares) -> Result<Option<PortableRow>, RowError>;

    /// Reads a row of a file of this sandbox.
    ///
    /// # Errors
    /// [`RowError`] if it is not as this version writes it.
    fn read(&self, tag: &SandboxTag, key: &str, row: &str) -> Result<Box<dyn ReadRow>, RowError>;

    /// Takes in a row that was read for this table.
    fn take_in(&mut self, row: Box<dyn ReadRow>, around: &dyn Surroundings);

    /// Whether it has no rows.
    fn is_empty(&self) -> bool;
}

/// A row that was read from a file.
pub(crate) trait ReadRow: Any + Send + fmt::Debug {
    /// What the file has of its content, until [`ReadRow::join`] brings the content.
    fn apart(&self) -> Option<Apart>;

    /// Brings its content.
    fn join(&mut self, content: Content);

    /// Whether a file without secrets has it.
    fn told(&self) -> Told;

    /// What it takes of the sandbox's quota for pushed data, in bytes.
    fn cost(&self) -> u64;

    /// Corrects it if it tells how many bytes are pushed in all.
    fn count(&mut self, pushed: u64);

    /// It as a database keeps it.
    ///
    /// # Errors
    /// [`RowError`] if it cannot be written.
    #[cfg_attr(not(any(test, feature = "durable")), allow(dead_code))]
    fn image(&self) -> Result<RowImage, RowError>;
}

#[derive(Debug)]
struct Typed<R: Row> {
    key: R::Key,
    row: R,
}

impl<R: Row> ReadRow for Typed<R> {
    fn apart(&self) -> Option<Apart> {
        self.row.content()?.as_apart()
    }

    fn join(&mut self, content: Content) {
        if let Some(place) = self.row.content_mut() {
            *place = content;
        }
    }

    fn told(&self) -> Told {
        self.row.told()
    }

    fn cost(&self) -> u64 {
        self.row.cost()
    }

    fn count(&mut self, pushed: u64) {
        self.row.count(pushed);
    }

    fn image(&self) -> Result<RowImage, RowError> {
        image(&self.key, &self.row)
    }
}

impl<R: Row> PortableTable for Table<R> {
    fn export(&self, shares: Shares, to: &mut Sink<'_>) -> Result<(), ExportError> {
        let mut keys: Vec<_> = self.rows.iter().filter(|(_, row)| is_told(*row, shares)).collect();
        // The order of the keys as text is the same for every database.
        keys.sort_by_cached_key(|(key, _)| key.text().into_owned());
        for (key, row) in keys {
            to(portable(key, row, shares)?)?;
        }
        Ok(())
    }

    fn portable(&self, key: &str, body: &str, shares: Shares) -> Result<Option<PortableRow>, RowError> {
        let typed = R::Key::of_text(key).ok_or_else(|| wrong::<R>(format!("{key} is no key")))?;
        let row: R = serde_json::from_str(body).map_err(wrong::<R>)?;
        is_told(&row, shares).then(|| portable(&typed, &row, shares)).transpose()
    }

    fn read(&self, tag: &SandboxTag, key: &str, row: &str) -> Result<Box<dyn ReadRow>, RowError> {
        let typed = R::Key::of_text(key).filter(|typed| typed.text() == key);
        let typed = typed.ok_or_else(|| wrong::<R>("its key is none of this table"))?;
        let read: R = serde_json::from_str(row).map_err(wrong::<R>)?;
        // Another id would meet what another sandbox has under it.
        if let Some(id) =
            R::minted(&typed, &read).into_iter().find(|id| SandboxTag::of(id).as_ref() != Some(tag))
        {
            return Err(wrong::<R>(format!("the sandbox {} minted no {id}", tag.as_str())));
        }
        if read.content().is_some_and(|content| content.as_apart().is_none()) {
            return Err(wrong::<R>("its content is not beside it"));
        }
        let own = serde_json::to_value(&read).map_err(wrong::<R>)?;
        if let Some(place) = unknown(&serde_json::from_str(row).map_err(wrong::<R>)?, &own) {
            return Err(wrong::<R>(format!("{place} means nothing to this version")));
        }
        Ok(Box::new(Typed::<R> { key: typed, row: read }))
    }

    fn take_in(&mut self, row: Box<dyn ReadRow>, around: &dyn Surroundings) {
        let row: Box<dyn Any> = row;
        if let Ok(typed) = row.downcast::<Typed<R>>() {
            let Typed { key, mut row } = *typed;
            row.revive(&key, around);
            self.insert(key, row);
        }
    }

    fn is_empty(&self) -> bool {
        RowMap::<R>::is_empty(&self.rows)
    }
}

fn wrong<R: Row>(problem: impl ToString) -> RowError {
    RowError { table: R::TABLE, problem: problem.to_string() }
}

fn is_told<R: Row>(row: &R, shares: Shares) -> bool {
    shares.secrets == Share::Included || row.told() == Told::Always
}

fn portable<R: Row>(key: &R::Key, row: &R, shares: Shares) -> Result<PortableRow, RowError> {
    let (body, content) = match (row.content(), shares.contents) {
        (None, _) => (serde_json::to_string(row), None),
        (Some(content), Share::Included) => {
            let row = row.without_content(Apart::Follows(content.len()));
            (serde_json::to_string(&row), Some(content.clone()))
        }
        (Some(content), Share::LeftOut) => {
            (serde_json::to_string(&row.without_content(Apart::LeftOut(content.len()))), None)
        }
    };
    Ok(PortableRow { key: key.text().into_owned(), body: body.map_err(wrong::<R>)?, content })
}

/// Where `read` has what `own`, which was made of it, has not.
fn unknown(read: &Value, own: &Value) -> Option<String> {
    match (read, own) {
        (Value::Object(read), Value::Object(own)) => {
            read.iter().find_map(|(name, value)| match own.get(name) {
                Some(known) => unknown(value, known).map(|below| format!("{name}.{below}")),
                None => Some(name.clone()),
            })
        }
        (Value::Array(read), Value::Array(own)) if read.len() == own.len() => {
            let mut pairs = read.iter().zip(own).enumerate();
            pairs.find_map(|(place, (read, own))| unknown(read, own).map(|below| format!("{place}.{below}")))
        }
        // A number may be written in more than one way, and times are.
        _ => None,
    }
}

//! What a table asks of its rows and of their keys.

use std::borrow::Cow;
use std::fmt;
use std::hash::Hash;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::partial::Surroundings;
use super::portable::Told;
use crate::clock::Moment;
use crate::domain::lifetimes::Lifetimes;
use crate::fingerprint::Fingerprint;
use crate::payload::content::{Apart, Content};

/// A row of a table.
pub(crate) trait Row: fmt::Debug + Serialize + DeserializeOwned + Send + Sized + 'static {
    /// What tells rows apart.
    type Key: Key;

    /// The name of the table.
    const TABLE: &'static str;

    /// What rows are found by besides their key.
    const COLUMNS: &'static [Column<Self>] = &[];

    /// For how long a row is still known after its end.
    const KEPT: Kept = Kept::Forever;

    /// When it ends.
    fn expires(&self) -> Option<Moment> {
        None
    }

    /// Gives a row that was in a database what no database holds.
    fn revive(&mut self, _key: &Self::Key, _around: &dyn Surroundings) {}

    /// When a file of rows has it.
    fn told(&self) -> Told {
        Told::Always
    }

    /// The ids of the sandbox by which others than its tables know it.
    fn minted<'a>(_key: &'a Self::Key, _row: &'a Self) -> Vec<&'a str> {
        Vec::new()
    }

    /// The content that it names.
    fn content(&self) -> Option<&Content> {
        None
    }

    /// The content that it names, to be replaced.
    fn content_mut(&mut self) -> Option<&mut Content> {
        None
    }

    /// It with something else in the place of the content that it names.
    fn without_content(&self, _instead: Apart) -> Option<Self> {
        None
    }

    /// What it takes of the sandbox's quota for pushed data, in bytes.
    fn cost(&self) -> u64 {
        0
    }

    /// Corrects it if it tells how many bytes are pushed in all.
    fn count(&mut self, _pushed: u64) {}

    /// Whether it is still known at `now`.
    fn is_known(&self, lifetimes: &Lifetimes, now: Moment) -> bool {
        self.expires().is_none_or(|end| now < end.plus(Self::KEPT.after(lifetimes)))
    }
}

/// For how long a row is still known after its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// For the lifetime of a session, to say «expired» instead of «unknown».
    Session,
    /// For the lifetime of a refresh token, because a user is re-authorized by a token that ran out.
    RefreshToken,
    /// It has no end, and goes with what it belongs to.
    Forever,
    /// Not at all; and the end is one of real time, not of the sandbox's clock.
    RealTime,
}

impl Kept {
    /// The time after a row's end.
    pub(crate) fn after(self, lifetimes: &Lifetimes) -> Duration {
        match self {
            Self::Session => lifetimes.session,
            Self::RefreshToken => lifetimes.refresh_token,
            Self::Forever | Self::RealTime => Duration::ZERO,
        }
    }
}

/// A value that rows are found by.
pub(crate) struct Column<R: Row> {
    /// Its name.
    pub(crate) name: &'static str,
    /// The value of a row, if it has one.
    pub(crate) value: ValueOf<R>,
    /// Whether the platform's rules look rows up by it; the others serve the sweeping of databases.
    pub(crate) looked_up: bool,
}

type ValueOf<R> = for<'a> fn(&'a <R as Row>::Key, &'a R) -> Option<Cow<'a, str>>;

impl<R: Row> Column<R> {
    /// A column that rows are looked up by.
    pub(crate) const fn looked_up(name: &'static str, value: ValueOf<R>) -> Self {
        Self { name, value, looked_up: true }
    }

    /// A column that says what a row leads to, so that it is kept.
    pub(crate) const fn swept_by(name: &'static str, value: ValueOf<R>) -> Self {
        Self { name, value, looked_up: false }
    }
}

/// What a key is looked up by, as text.
pub(crate) trait KeyText {
    /// The text; different keys of a table have different ones.
    fn text(&self) -> Cow<'_, str>;
}

/// What tells the rows of a table apart.
pub(crate) trait Key: Clone + Eq + Ord + Hash + KeyText + fmt::Debug + Send + 'static {
    /// The key with this text.
    fn of_text(text: &str) -> Option<Self>;
}

impl KeyText for str {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl KeyText for String {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Key for String {
    fn of_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

/// What clients show is kept as its fingerprint: nobody can use what a stolen table holds.
impl KeyText for Fingerprint {
    fn text(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }
}

impl Key for Fingerprint {
    fn of_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// The key of a part of a whole, such as a file of a storage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PartKey {
    /// The id of the whole, which has no slash.
    pub(crate) whole: String,
    /// What tells its parts apart, in their order.
    pub(crate) part: String,
}

impl PartKey {
    /// A part that has a number.
    pub(crate) fn numbered(whole: &str, number: u64) -> Self {
        Self { whole: whole.to_owned(), part: format!("{number:020}") }
    }
}

impl KeyText for PartKey {
    fn text(&self) -> Cow<'_, str> {
        Cow::Owned(format!("{}/{}", self.whole, self.part))
    }
}

impl Key for PartKey {
    fn of_text(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('/')?;
        Some(Self { whole: whole.to_owned(), part: part.to_owned() })
    }
}

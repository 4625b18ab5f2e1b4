//! Typed tables: what the state of a sandbox consists of.

mod partial;
mod portable;
mod row;

use std::borrow::Borrow;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::hash::Hash;
use std::ops::Bound;

use crate::clock::Moment;
use crate::domain::lifetimes::Lifetimes;
use crate::domain::table::partial::Rest;

#[cfg(any(test, feature = "durable"))]
pub(crate) use partial::RowImage;
pub(crate) use partial::{AnyTable, CONTENT, RowError, Surroundings};
#[cfg(any(test, feature = "durable"))]
pub(crate) use partial::{By, Change, Loaded, Wanted};
pub(crate) use portable::{ExportError, PortableRow, ReadRow, Share, Shares, Told};
pub(crate) use row::{Column, Kept, Key, KeyText, PartKey, Row};

/// The rows of one kind, by their keys and by the columns that they are looked up by.
pub(crate) struct Table<R: Row> {
    rows: RowMap<R>,
    indexes: Vec<Index<R>>,
    /// The keys in their order, if rows are read so.
    order: BTreeSet<R::Key>,
    /// What is known of the rows that are in a database; none if all rows are here.
    rest: Option<Box<Rest>>,
}

type RowMap<R> = HashMap<<R as Row>::Key, R>;

/// The keys of the rows that have a value in a column.
struct Index<R: Row> {
    column: &'static Column<R>,
    keys: HashMap<String, BTreeSet<R::Key>>,
}

impl<R: Row> Default for Table<R> {
    fn default() -> Self {
        let columns = R::COLUMNS.iter().filter(|column| column.looked_up);
        let indexes = columns.map(|column| Index { column, keys: HashMap::new() }).collect();
        Self { rows: HashMap::new(), indexes, order: BTreeSet::new(), rest: None }
    }
}

impl<R: Row> fmt::Debug for Table<R> {
    /// Rows hold what is nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} rows)", R::TABLE, self.rows.len())
    }
}

impl<R: Row> Table<R> {
    /// The row with this key.
    pub(crate) fn get<Q>(&self, key: &Q) -> Option<&R>
    where
        R::Key: Borrow<Q>,
        Q: KeyText + Hash + Eq + ?Sized,
    {
        let found = self.rows.get(key);
        if let (None, Some(rest)) = (&found, &self.rest) {
            rest.miss(key);
        }
        found
    }

    /// Whether there is a row with this key.
    pub(crate) fn contains<Q>(&self, key: &Q) -> bool
    where
        R::Key: Borrow<Q>,
        Q: KeyText + Hash + Eq + ?Sized,
    {
        self.get(key).is_some()
    }

    /// The rows that have this value in a column, in the order of their keys.
    pub(crate) fn of<'a>(
        &'a self,
        column: &str,
        value: &str,
    ) -> impl Iterator<Item = (&'a R::Key, &'a R)> + use<'a, R> {
        let keys = self.keys_of(column, value);
        keys.into_iter().flatten().filter_map(|key| Some((key, self.rows.get(key)?)))
    }

    /// As [`Table::of`], from this key on.
    pub(crate) fn of_from<'a>(
        &'a self,
        column: &str,
        value: &str,
        from: &R::Key,
    ) -> impl Iterator<Item = (&'a R::Key, &'a R)> + use<'a, R> {
        let keys = self.keys_of(column, value).map(|keys| keys.range(from..));
        keys.into_iter().flatten().filter_map(|key| Some((key, self.rows.get(key)?)))
    }

    /// The rows with a value in any column. Where all rows are here, all are looked through.
    pub(crate) fn with<'a>(
        &'a self,
        column: &str,
        value: &'a str,
    ) -> impl Iterator<Item = (&'a R::Key, &'a R)> + use<'a, R> {
        let column = R::COLUMNS.iter().find(|known| known.name == column);
        debug_assert!(column.is_some(), "{} has no such column", R::TABLE);
        if let (Some(column), Some(rest)) = (column, &self.rest) {
            rest.look_up(column.name, value);
        }
        self.rows.iter().filter(move |(key, row)| {
            column.is_some_and(|column| (column.value)(key, row).is_some_and(|known| known == value))
        })
    }

    /// The rows after a key, or all, in the order of their keys.
    pub(crate) fn after(&self, key: Option<&R::Key>) -> impl Iterator<Item = (&R::Key, &R)> {
        debug_assert!(R::PAGED && self.is_whole(), "{} is not read page by page", R::TABLE);
        let begin = key.map_or(Bound::Unbounded, Bound::Excluded);
        let keys = self.order.range((begin, Bound::Unbounded));
        keys.filter_map(|key| Some((key, self.rows.get(key)?)))
    }

    /// Puts a row in, in the place of the one with the same key.
    pub(crate) fn insert(&mut self, key: R::Key, row: R) {
        self.unindex(&key);
        if let Some(rest) = &mut self.rest {
            rest.touch(&key);
        }
        for index in &mut self.indexes {
            index.add(&key, &row);
        }
        if R::PAGED {
            self.order.insert(key.clone());
        }
        self.rows.insert(key, row);
    }

    /// Changes the row with this key, if there is one.
    pub(crate) fn change<Q, T>(&mut self, key: &Q, change: impl FnOnce(&mut R) -> T) -> Option<T>
    where
        R::Key: Borrow<Q>,
        Q: KeyText + Hash + Eq + ?Sized,
    {
        if !self.touch(key) {
            return None;
        }
        if self.indexes.is_empty() {
            return self.rows.get_mut(key).map(change);
        }
        let (key, mut row) = self.rows.remove_entry(key)?;
        self.indexes.iter_mut().for_each(|index| index.remove(&key, &row));
        let changed = change(&mut row);
        self.indexes.iter_mut().for_each(|index| index.add(&key, &row));
        self.rows.insert(key, row);
        Some(changed)
    }

    /// Takes the row with this key out.
    pub(crate) fn remove<Q>(&mut self, key: &Q) -> Option<R>
    where
        R::Key: Borrow<Q>,
        Q: KeyText + Hash + Eq + ?Sized,
    {
        self.touch(key);
        self.unindex(key);
        let (key, row) = self.rows.remove_entry(key)?;
        if R::PAGED {
            self.order.remove::<R::Key>(&key);
        }
        Some(row)
    }

    /// Notes that a row is changed, or missing if there is none, and says whether there is one.
    fn touch<Q>(&mut self, key: &Q) -> bool
    where
        R::Key: Borrow<Q>,
        Q: KeyText + Hash + Eq + ?Sized,
    {
        let Some(rest) = &mut self.rest else { return true };
        let there = self.rows.contains_key(key);
        match there {
            true => rest.touch(key),
            false => rest.miss(key),
        }
        there
    }

    /// Takes out the rows that have this value in a column.
    pub(crate) fn take_out(&mut self, column: &str, value: &str) -> Vec<R> {
        let keys: Vec<_> = self.of(column, value).map(|(key, _)| key.clone()).collect();
        keys.iter().filter_map(|key| self.remove(key)).collect()
    }

    /// All rows.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&R::Key, &R)> {
        self.rows.iter()
    }

    /// Whether all rows are here; otherwise there are others in a database.
    pub(crate) fn is_whole(&self) -> bool {
        self.rest.is_none()
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Keeps the rows of which this is true.
    pub(crate) fn retain(&mut self, keep: impl Fn(&R::Key, &R) -> bool) {
        if self.indexes.is_empty() && !R::PAGED {
            self.rows.retain(|key, row| keep(key, row));
            return;
        }
        let gone = self.rows.iter().filter(|(key, row)| !keep(key, row)).map(|(key, _)| key.clone());
        for key in gone.collect::<Vec<_>>() {
            self.remove(&key);
        }
    }

    /// Forgets the rows that ended so long ago that nobody asks for them any more.
    pub(crate) fn forget(&mut self, lifetimes: &Lifetimes, now: Moment) {
        self.retain(|_, row| row.is_known(lifetimes, now));
    }

    fn keys_of(&self, column: &str, value: &str) -> Option<&BTreeSet<R::Key>> {
        let index = self.indexes.iter().find(|index| index.column.name == column);
        debug_assert!(index.is_some(), "{} is not looked up by {column}", R::TABLE);
        if let (Some(index), Some(rest)) = (index, &self.rest) {
            rest.look_up(index.column.name, value);
        }
        index?.keys.get(value)
    }

    fn unindex<Q>(&mut self, key: &Q)
    where
        R::Key: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let Some((key, row)) = self.rows.get_key_value(key).filter(|_| !self.indexes.is_empty()) else {
            return;
        };
        self.indexes.iter_mut().for_each(|index| index.remove(key, row));
    }
}

impl<R: Row> Index<R> {
    fn add(&mut self, key: &R::Key, row: &R) {
        if let Some(value) = (self.column.value)(key, row) {
            self.keys.entry(value.into_owned()).or_default().insert(key.clone());
        }
    }

    fn remove(&mut self, key: &R::Key, row: &R) {
        let Some(value) = (self.column.value)(key, row) else { return };
        if let Some(keys) = self.keys.get_mut(value.as_ref()) {
            keys.remove(key);
            if keys.is_empty() {
                self.keys.remove(value.as_ref());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    struct Pet {
        owner: Option<String>,
    }

    impl Row for Pet {
        type Key = String;
        const TABLE: &'static str = "pets";
        const COLUMNS: &'static [Column<Self>] =
            &[Column::looked_up("owner", |_, pet: &Self| pet.owner.as_deref().map(Cow::Borrowed))];
    }

    fn pets_of(table: &Table<Pet>, owner: &str) -> Vec<String> {
        table.of("owner", owner).map(|(name, _)| name.clone()).collect()
    }

    #[test]
    fn an_index_follows_what_is_put_in_changed_and_taken_out() {
        let mut pets = Table::default();
        for (name, owner) in [("rex", Some("ann")), ("kit", Some("ann")), ("pip", None)] {
            pets.insert(name.to_owned(), Pet { owner: owner.map(str::to_owned) });
        }
        assert_eq!((pets_of(&pets, "ann"), pets.len()), (vec!["kit".to_owned(), "rex".to_owned()], 3));
        assert_eq!(pets.change("pip", |pet| pet.owner.replace("bob".to_owned())), Some(None));
        assert_eq!(pets.change("tom", |_| ()), None);
        pets.insert("rex".to_owned(), Pet { owner: Some("bob".to_owned()) });
        assert_eq!(pets_of(&pets, "bob"), ["pip", "rex"]);
        assert_eq!(pets_of(&pets, "ann"), ["kit"]);
        assert!(pets.remove("kit").is_some() && !pets.contains("kit") && pets_of(&pets, "ann").is_empty());
        pets.retain(|name, _| name != "pip");
        assert_eq!(pets_of(&pets, "bob"), ["rex"]);
        assert_eq!(pets.indexes[0].keys.len(), 1, "no empty entry stays");
    }
}

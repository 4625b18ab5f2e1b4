//! Typed tables: what the state of a sandbox consists of.

mod index;
mod partial;
mod portable;
mod row;

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;

use crate::clock::Moment;
use crate::domain::lifetimes::Lifetimes;
use crate::domain::table::index::Index;
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
    /// In a tree, because a hash table that is full moves all of its rows at once while everybody waits.
    rows: RowMap<R>,
    indexes: Vec<Index<R>>,
    /// The last row that the sweep looked at.
    swept: Option<R::Key>,
    /// What is known of the rows that are in a database; none if all rows are here.
    rest: Option<Box<Rest>>,
}

type RowMap<R> = BTreeMap<<R as Row>::Key, R>;

impl<R: Row> Default for Table<R> {
    fn default() -> Self {
        let columns = R::COLUMNS.iter().filter(|column| column.looked_up);
        Self { rows: BTreeMap::new(), indexes: columns.map(Index::new).collect(), swept: None, rest: None }
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
        Q: KeyText + Ord + ?Sized,
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
        Q: KeyText + Ord + ?Sized,
    {
        self.get(key).is_some()
    }

    /// The rows that have this value in a column, in the order of their keys.
    pub(crate) fn of<'a>(
        &'a self,
        column: &str,
        value: &'a str,
    ) -> impl Iterator<Item = (&'a R::Key, &'a R)> + use<'a, R> {
        self.found(column, value, None)
    }

    /// As [`Table::of`], from this key on.
    pub(crate) fn of_from<'a>(
        &'a self,
        column: &str,
        value: &'a str,
        from: &R::Key,
    ) -> impl Iterator<Item = (&'a R::Key, &'a R)> + use<'a, R> {
        self.found(column, value, Some(from))
    }

    fn found<'a>(
        &'a self,
        column: &str,
        value: &'a str,
        from: Option<&R::Key>,
    ) -> impl Iterator<Item = (&'a R::Key, &'a R)> + use<'a, R> {
        let index = self.indexes.iter().find(|index| index.column.name == column);
        debug_assert!(index.is_some(), "{} is not looked up by {column}", R::TABLE);
        if let (Some(index), Some(rest)) = (index, &self.rest) {
            rest.look_up(index.column.name, value);
        }
        let keys = index.map(|index| index.keys(value, from));
        keys.into_iter().flatten().filter_map(move |key| {
            let (column, row) = (index?.column, self.rows.get(key)?);
            (column.value)(key, row).is_some_and(|known| known == value).then_some((key, row))
        })
    }

    /// The rows after a key, or all, in the order of their keys.
    pub(crate) fn after(&self, key: Option<&R::Key>) -> impl Iterator<Item = (&R::Key, &R)> {
        debug_assert!(self.is_whole(), "{} is not all there", R::TABLE);
        let begin = key.map_or(Bound::Unbounded, Bound::Excluded);
        self.rows.range((begin, Bound::Unbounded))
    }

    /// Some rows after those that it gave last, and whether they are the last ones; then it begins anew.
    pub(crate) fn next_to_sweep(&mut self, most: usize) -> (impl Iterator<Item = (&R::Key, &R)>, bool) {
        let from = self.swept.take();
        let begin = || from.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let last = self.rows.range::<R::Key, _>((begin(), Bound::Unbounded)).nth(most.saturating_sub(1));
        self.swept = last.map(|(key, _)| key.clone());
        let end = self.swept.as_ref().map_or(Bound::Unbounded, Bound::Included);
        (self.rows.range((begin().cloned(), end.cloned())), self.swept.is_none())
    }

    /// Looks at some rows, forgets those that ended so long ago that nobody asks for them any more, and says whether it
    /// came to the end.
    pub(crate) fn forget_some(&mut self, most: usize, lifetimes: &Lifetimes, now: Moment) -> bool {
        let (rows, ended) = self.next_to_sweep(most);
        let gone: Vec<_> =
            rows.filter(|(_, row)| !row.is_known(lifetimes, now)).map(|(key, _)| key.clone()).collect();
        gone.iter().for_each(|key| drop(self.remove(key)));
        ended
    }

    /// Puts a row in, in the place of the one with the same key.
    pub(crate) fn insert(&mut self, key: R::Key, row: R) {
        self.unindex(&key);
        if let Some(rest) = &mut self.rest {
            rest.touch(&key);
        }
        for index in &mut self.indexes {
            index.follow(&key, None, index.place(&key, &row));
        }
        self.rows.insert(key, row);
    }

    /// Changes the row with this key, if there is one.
    pub(crate) fn change<Q, T>(&mut self, key: &Q, change: impl FnOnce(&mut R) -> T) -> Option<T>
    where
        R::Key: Borrow<Q>,
        Q: KeyText + Ord + ?Sized,
    {
        if !self.touch(key) {
            return None;
        }
        let only = (Bound::Included(key), Bound::Included(key));
        let (key, row) = self.rows.range_mut::<Q, _>(only).next()?;
        let before: Vec<_> = self.indexes.iter().map(|index| index.place(key, row)).collect();
        let changed = change(row);
        for (index, before) in self.indexes.iter_mut().zip(before) {
            index.follow(key, before, index.place(key, row));
        }
        Some(changed)
    }

    /// Takes the row with this key out.
    pub(crate) fn remove<Q>(&mut self, key: &Q) -> Option<R>
    where
        R::Key: Borrow<Q>,
        Q: KeyText + Ord + ?Sized,
    {
        self.touch(key);
        self.unindex(key);
        self.rows.remove(key)
    }

    /// Notes that a row is changed, or missing if there is none, and says whether there is one.
    fn touch<Q>(&mut self, key: &Q) -> bool
    where
        R::Key: Borrow<Q>,
        Q: KeyText + Ord + ?Sized,
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
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    fn unindex<Q>(&mut self, key: &Q)
    where
        R::Key: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let Some((key, row)) = self.rows.get_key_value(key).filter(|_| !self.indexes.is_empty()) else {
            return;
        };
        self.indexes.iter_mut().for_each(|index| index.follow(key, index.place(key, row), None));
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
        assert!(pets.remove("pip").is_some());
        assert_eq!(pets_of(&pets, "bob"), ["rex"]);
        assert_eq!(pets.indexes[0].len(), 1, "no empty entry stays");
    }

    #[test]
    fn a_sweep_comes_to_every_row_in_slices_and_begins_anew() {
        let mut pets = Table::default();
        let names: Vec<_> = (0..10).map(|number| format!("{number}")).collect();
        names.iter().for_each(|name| pets.insert(name.clone(), Pet { owner: None }));
        let mut slice = |removes: &[&str]| {
            let (rows, ended) = pets.next_to_sweep(4);
            let seen: Vec<_> = rows.map(|(name, _)| name.clone()).collect();
            removes.iter().for_each(|name| drop(pets.remove(*name)));
            (seen.concat(), ended)
        };
        // What it stopped at may go meanwhile.
        assert_eq!(slice(&["3", "4"]), ("0123".to_owned(), false));
        assert_eq!(slice(&[]), ("5678".to_owned(), false));
        assert_eq!(slice(&[]), ("9".to_owned(), true));
        assert_eq!(slice(&[]), ("0125".to_owned(), false));
    }
}

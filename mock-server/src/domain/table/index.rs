//! The keys of the rows that have a value in a column.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::row::{Column, Row};

/// The keys of the rows that have a value in a column, by the hash of the value: whoever reads them looks whether it is
/// really theirs.
pub(super) struct Index<R: Row> {
    pub(super) column: &'static Column<R>,
    keys: BTreeMap<u64, Keys<R::Key>>,
}

/// Mostly it is one, and a set of one takes ten times the room.
enum Keys<K> {
    One(K),
    Several(BTreeSet<K>),
}

impl<R: Row> Index<R> {
    pub(super) fn new(column: &'static Column<R>) -> Self {
        Self { column, keys: BTreeMap::new() }
    }

    /// Where a row stands, if it has a value.
    pub(super) fn place(&self, key: &R::Key, row: &R) -> Option<u64> {
        (self.column.value)(key, row).map(|value| hash(&value))
    }

    /// Follows a row from one place to another.
    pub(super) fn follow(&mut self, key: &R::Key, before: Option<u64>, after: Option<u64>) {
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.take_out(before, key);
        }
        if let Some(after) = after {
            self.put_in(after, key.clone());
        }
    }

    /// The keys whose rows may have a value, in their order, from this one on.
    pub(super) fn keys<'a>(
        &'a self,
        value: &str,
        from: Option<&R::Key>,
    ) -> impl Iterator<Item = &'a R::Key> + use<'a, R> {
        let (one, several) = match self.keys.get(&hash(value)) {
            None => (None, None),
            Some(Keys::One(key)) => (Some(key).filter(|key| from.is_none_or(|from| *key >= from)), None),
            Some(Keys::Several(keys)) => (
                None,
                Some(match from {
                    Some(from) => keys.range(from..),
                    None => keys.range::<R::Key, _>(..),
                }),
            ),
        };
        one.into_iter().chain(several.into_iter().flatten())
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    fn put_in(&mut self, place: u64, key: R::Key) {
        match self.keys.remove(&place) {
            None => self.keys.insert(place, Keys::One(key)),
            Some(Keys::One(known)) => self.keys.insert(place, Keys::Several([known, key].into())),
            Some(Keys::Several(mut keys)) => {
                keys.insert(key);
                self.keys.insert(place, Keys::Several(keys))
            }
        };
    }

    fn take_out(&mut self, place: u64, key: &R::Key) {
        let is_empty = match self.keys.get_mut(&place) {
            None => return,
            Some(Keys::One(known)) => known == key,
            Some(Keys::Several(keys)) => {
                keys.remove(key);
                keys.is_empty()
            }
        };
        if is_empty {
            self.keys.remove(&place);
        }
    }
}

fn hash(value: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

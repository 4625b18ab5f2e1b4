//! A bounded memory.

use std::collections::{HashMap, VecDeque};

use crate::fingerprint::Fingerprint;

/// How much is remembered of a kind, for each client: more than any client has under way.
const CAPACITY: usize = 1024;

/// What was seen last, by the fingerprint of what it belongs to; the oldest is forgotten first.
#[derive(Debug)]
pub(super) struct Memory<V> {
    known: HashMap<Fingerprint, V>,
    order: VecDeque<Fingerprint>,
}

impl<V> Default for Memory<V> {
    fn default() -> Self {
        Self { known: HashMap::new(), order: VecDeque::new() }
    }
}

impl<V> Memory<V> {
    /// Remembers a value and gives the one that was there before.
    pub(super) fn insert(&mut self, key: Fingerprint, value: V) -> Option<V> {
        let before = self.known.insert(key, value);
        if before.is_none() {
            self.order.push_back(key);
            if self.order.len() > CAPACITY
                && let Some(oldest) = self.order.pop_front()
            {
                self.known.remove(&oldest);
            }
        }
        before
    }

    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub(super) fn get(&self, key: &Fingerprint) -> Option<&V> {
        self.known.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &Fingerprint) -> Option<&mut V> {
        self.known.get_mut(key)
    }

    pub(super) fn contains(&self, key: &Fingerprint) -> bool {
        self.known.contains_key(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_and_the_size_stays() {
        let mut memory = Memory::default();
        let key = |number: usize| Fingerprint::of(&[&number.to_string()]);
        for number in 0..=CAPACITY {
            assert_eq!(memory.insert(key(number), number), None);
        }
        assert_eq!(memory.insert(key(CAPACITY), 7), Some(CAPACITY));
        assert!(!memory.contains(&key(0)) && memory.contains(&key(1)));
        assert_eq!((memory.known.len(), memory.order.len()), (CAPACITY, CAPACITY));
    }
}

//! Answers that do not end by themselves: how many there are, and when they end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// How many streams are open at once.
const MOST: usize = 500;
/// How many of them one partner may have, or one sandbox of the host.
const MOST_OF_OWNER: usize = 50;

/// The streams that are open.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    open: Arc<Mutex<HashMap<String, usize>>>,
    ended: watch::Sender<bool>,
}

/// The place of one stream, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    open: Arc<Mutex<HashMap<String, usize>>>,
    owner: String,
}

impl Streams {
    /// A place for a stream of an owner; none if as many are open as there can be.
    pub(crate) fn place(&self, owner: &str) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = open.values().sum();
        if all >= MOST || open.get(owner).is_some_and(|own| *own >= MOST_OF_OWNER) {
            return None;
        }
        *open.entry(owner.to_owned()).or_default() += 1;
        Some(Place { open: Arc::clone(&self.open), owner: owner.to_owned() })
    }

    /// Ends all streams, because the server stops.
    pub(crate) fn end(&self) {
        self.ended.send_replace(true);
    }

    /// What becomes true when the server stops.
    pub(crate) fn ended(&self) -> watch::Receiver<bool> {
        self.ended.subscribe()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.owner) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_has_so_many_places_and_those_that_are_left_are_free_again() {
        let streams = Streams::default();
        let mut places: Vec<_> = (0..MOST_OF_OWNER).filter_map(|_| streams.place("one")).collect();
        assert_eq!(places.len(), MOST_OF_OWNER);
        assert!(streams.place("one").is_none() && streams.place("other").is_some());
        places.pop();
        assert!(streams.place("one").is_some());
        drop(places);
        assert!(streams.open.lock().unwrap().is_empty());
    }
}

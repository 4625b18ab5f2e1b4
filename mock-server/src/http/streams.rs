//! Answers that do not end by themselves: how many there are, and when they end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// How many streams are open at once.
const MOST: usize = 500;
/// How many of them one sandbox may have.
const MOST_OF_SANDBOX: usize = 50;

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
    sandbox: String,
}

impl Streams {
    /// A place for a stream of a sandbox; none if as many are open as there can be.
    pub(crate) fn place(&self, sandbox: &str) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = open.values().sum();
        let own = open.entry(sandbox.to_owned()).or_default();
        if all >= MOST || *own >= MOST_OF_SANDBOX {
            return None;
        }
        *own += 1;
        Some(Place { open: Arc::clone(&self.open), sandbox: sandbox.to_owned() })
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
        if let Some(count) = open.get_mut(&self.sandbox) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.sandbox);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sandbox_has_so_many_places_and_those_that_are_left_are_free_again() {
        let streams = Streams::default();
        let mut places: Vec<_> = (0..MOST_OF_SANDBOX).filter_map(|_| streams.place("one")).collect();
        assert_eq!(places.len(), MOST_OF_SANDBOX);
        assert!(streams.place("one").is_none() && streams.place("other").is_some());
        places.pop();
        assert!(streams.place("one").is_some());
        drop(places);
        assert!(streams.open.lock().unwrap().is_empty());
    }
}

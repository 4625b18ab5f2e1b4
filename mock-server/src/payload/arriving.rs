//! How much memory takes what is still arriving, of all clients together: thousands of them may stop in the middle.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What all have together, in bytes.
const MOST: usize = 16 * 1024 * 1024;
/// What each has whatever the others have, in bytes.
const EACH: usize = 8 * 1024;

/// What is taken of what they have together, in the whole process.
static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// The room of one arrival, until it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Room {
    taken: usize,
}

impl Room {
    /// Whether there is room for so many bytes of this arrival in all; if there is, it is taken. One that is alone always
    /// has it: how large it may be is a setting.
    pub(crate) fn has(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(EACH).saturating_sub(self.taken);
        if more == 0 {
            return true;
        }
        let own = self.taken;
        let add = |taken: usize| taken.checked_add(more).filter(|sum| *sum <= MOST || taken == own);
        let is_there = TAKEN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok();
        if is_there {
            self.taken += more;
        }
        is_there
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        TAKEN.fetch_sub(self.taken, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_arrival_always_has_room_and_a_large_one_until_others_have_it() {
        let mut large = Room::default();
        // Other tests of the process take little.
        assert!(large.has(MOST / 2) && large.has(MOST / 2 + EACH));
        let (mut other, mut small) = (Room::default(), Room::default());
        assert!(!other.has(MOST) && small.has(EACH));
        drop(large);
        // It is alone, as soon as other tests have taken in what they were sent.
        let mut tries = (0..500).map(|_| std::thread::sleep(std::time::Duration::from_millis(2)));
        assert!(tries.any(|()| other.has(2 * MOST)));
    }
}

//! What downloads hang on, of users and accounts whose rows come and go.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::lifeline::Lifeline;

/// How many are kept before those are looked for that nobody holds any more.
const SOME: usize = 1024;

/// The lifelines that somebody holds, by the id of the user or the reference of the account.
#[derive(Debug, Default)]
pub(crate) struct Lifelines(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    held: HashMap<String, Lifeline>,
    /// How many there may be before the next look.
    room: usize,
}

impl Lifelines {
    /// Ends the downloads of a user or account that was deleted elsewhere.
    pub(crate) fn cut(&self, id: &str) {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lifeline) = known.held.get(id) {
            lifeline.cut();
        }
    }

    /// The lifeline of a user or account.
    pub(crate) fn of(&self, id: &str) -> Lifeline {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lifeline) = known.held.get(id) {
            return lifeline.clone();
        }
        if known.held.len() >= known.room {
            known.held.retain(|_, lifeline| lifeline.is_held());
            known.room = SOME.max(known.held.len() * 2);
        }
        let lifeline = Lifeline::default();
        known.held.insert(id.to_owned(), lifeline.clone());
        lifeline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifeline_is_the_same_for_as_long_as_a_download_hangs_on_it() {
        let lifelines = Lifelines::default();
        let download = lifelines.of("ann");
        for other in 0..3 * SOME {
            lifelines.of(&format!("user {other}"));
        }
        assert!(lifelines.0.lock().unwrap().held.len() <= SOME + 1);
        lifelines.of("ann").cut();
        assert!(download.is_cut());
    }
}

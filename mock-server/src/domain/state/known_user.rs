//! A user who consents once more, and is known by their id.

use super::State;
use crate::domain::code::Purpose;
use crate::domain::library::LibraryId;
use crate::fingerprint::Fingerprint;

impl State {
    /// Says who is about to consent for the first time to a contract. A page that is about a user already stays
    /// theirs. False if there is no such user, or another one is asked.
    pub(crate) fn recognise(&mut self, code: &str, user: &LibraryId) -> bool {
        if !self.libraries.contains(user) {
            return false;
        }
        let recognised =
            self.consents.change(&Fingerprint::of(&[code]), |consent| match &mut consent.purpose {
                Purpose::Authorize { library, .. } => library.get_or_insert_with(|| user.clone()) == user,
                Purpose::Extend { library, .. }
                | Purpose::Renew { library, .. }
                | Purpose::Revoke { library, .. } => library == user,
            });
        // Whether there is such a page is for its decision to say.
        recognised.unwrap_or(true)
    }
}

//! What expired is thrown away as time passes, by the requests that add something.

use std::collections::HashSet;
use std::time::Duration;

use super::State;
use crate::clock::Moment;
use crate::domain::library::LibraryId;

/// How often what has expired is thrown away, at most.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// A sweep looks at everything, so it waits until this share of everything is new: the work that
/// it makes per request stays the same however much there is.
const SHARE: usize = 8;

/// When a sweep is due.
#[derive(Debug, Default)]
pub(super) struct Broom {
    swept: Option<Moment>,
    added: usize,
}

impl State {
    /// Sweeps if it is time; to be called when something is added.
    pub(super) fn tidy(&mut self, now: Moment) {
        self.broom.added += 1;
        let recently = self.broom.swept.is_some_and(|at| now.since(at) < SWEEP_EVERY);
        if !recently && self.broom.added * SHARE >= self.size() {
            self.sweep(now);
        }
    }

    fn size(&self) -> usize {
        let (codes, tokens) =
            (self.consents.len() + self.codes.len(), self.access.len() + self.refresh.len());
        codes + tokens + self.sessions.len() + self.references.len() + self.libraries.len()
    }

    /// Throws away what expired so long ago that nobody asks for it any more, and the libraries
    /// that nothing leads to.
    ///
    /// Tokens are remembered for the lifetime of a refresh token, because a user is re-authorized
    /// by a token that ran out; the rest for the lifetime of a session, to say «expired» instead of
    /// «unknown».
    pub(super) fn sweep(&mut self, now: Moment) {
        self.broom = Broom { swept: Some(now), added: 0 };
        let known = |expires: Moment| now < expires.plus(self.lifetimes.refresh_token);
        let fresh = |expires: Moment| now < expires.plus(self.lifetimes.session);
        self.consents.retain(|_, consent| fresh(consent.expires));
        self.codes.retain(|_, code| fresh(code.expires));
        self.sessions.retain(|_, session| fresh(session.expires));
        self.references.retain(|_, reference| fresh(reference.expires));
        self.access.retain(|_, grant| known(grant.expires));
        self.refresh.retain(|_, entry| known(entry.grant.expires));
        let tokens = self.access.values().chain(self.refresh.values().map(|entry| &entry.grant));
        let by_token = tokens.map(|grant| &grant.library);
        let by_code = self.codes.values().map(|code| &code.library);
        let by_page = self.consents.values().filter_map(|consent| consent.library());
        let by_session = self.sessions.values().filter_map(|session| Some(&session.read.as_ref()?.library));
        let reachable: HashSet<&LibraryId> =
            by_token.chain(by_code).chain(by_page).chain(by_session).collect();
        let gone: Vec<_> =
            self.libraries.keys().filter(|library| !reachable.contains(library)).cloned().collect();
        gone.iter().for_each(|library| self.forget_library(library));
    }
}

//! What expired is thrown away as time passes, by the requests that add something.

use std::time::Duration;

use super::State;
use super::rows::{Fact, LIBRARY};
use crate::clock::Moment;
use crate::domain::library::LibraryId;
use crate::domain::postbox::Postbox;

/// How often the sweep begins, at most.
pub(crate) const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How many rows a slice of the sweep looks at: others wait for no more than that, however much there is.
const SLICE: usize = 64;

/// How far the sweep is.
#[derive(Debug, Default)]
pub(super) struct Broom {
    /// When it began last.
    begun: Option<Moment>,
    /// The part that it is at; none if it came to the end.
    part: Option<usize>,
    /// When something was added, if whoever has the rest of the rows is to sweep.
    due: Option<Moment>,
}

/// What a sweep consists of, one after the other. Each looks at a slice, and says whether it came to the end.
///
/// Tokens are remembered for the lifetime of a refresh token, because a user is re-authorized by a token that ran out;
/// the rest for the lifetime of a session, to say «expired» instead of «unknown». Then follow the libraries that
/// nothing leads to any more, and their postboxes.
const PARTS: [fn(&mut State, Moment) -> bool; 9] = [
    |state, now| state.consents.forget_some(SLICE, &state.rules.lifetimes, now),
    |state, now| state.codes.forget_some(SLICE, &state.rules.lifetimes, now),
    |state, now| state.sessions.forget_some(SLICE, &state.rules.lifetimes, now),
    |state, now| state.exchange_tokens.forget_some(SLICE, &state.rules.lifetimes, now),
    |state, now| state.references.forget_some(SLICE, &state.rules.lifetimes, now),
    |state, now| state.access.forget_some(SLICE, &state.rules.lifetimes, now),
    |state, now| state.refresh.forget_some(SLICE, &state.rules.lifetimes, now),
    |state, _| state.forget_unreachable_libraries(),
    |state, _| state.forget_postboxes_of_nobody(),
];

impl State {
    /// Goes on with the sweep, or begins it if it is time; to be called when something is added.
    pub(super) fn tidy(&mut self, now: Moment) {
        if !self.libraries.is_whole() {
            self.broom.due = Some(now);
            return;
        }
        let recently = self.broom.begun.is_some_and(|at| now.since(at) < SWEEP_EVERY);
        if self.broom.part.is_none() && !recently {
            self.begin_sweep(now);
        }
        self.sweep_slice(now);
    }

    /// When the operation added something, if its database is to be swept for that.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn sweep_due(&self) -> Option<Moment> {
        self.broom.due
    }

    /// Throws away at once all that expired so long ago that nobody asks for it any more.
    pub(super) fn sweep(&mut self, now: Moment) {
        // What is under way may have passed by what expired since.
        while self.broom.part.is_some() {
            self.sweep_slice(now);
        }
        self.begin_sweep(now);
        while self.broom.part.is_some() {
            self.sweep_slice(now);
        }
    }

    fn begin_sweep(&mut self, now: Moment) {
        self.broom = Broom { begun: Some(now), part: Some(0), ..Broom::default() };
    }

    fn sweep_slice(&mut self, now: Moment) {
        let Some((number, part)) = self.broom.part.and_then(|number| Some((number, PARTS.get(number)?)))
        else {
            return;
        };
        if part(self, now) {
            self.broom.part = Some(number + 1).filter(|next| *next < PARTS.len());
        }
    }

    fn forget_unreachable_libraries(&mut self) -> bool {
        let (libraries, ended) = self.libraries.next_to_sweep(SLICE);
        let libraries: Vec<_> = libraries.map(|(id, _)| id.clone()).collect();
        for id in libraries {
            if !self.is_reachable(&id) {
                self.forget_library(&id);
            }
        }
        ended
    }

    fn forget_postboxes_of_nobody(&mut self) -> bool {
        let (postboxes, ended) = self.postboxes.next_to_sweep(SLICE);
        let libraries = &self.libraries;
        let of_nobody = postboxes.filter(|(_, postbox)| !libraries.contains(&postbox.library));
        let gone: Vec<_> = of_nobody.map(|(id, _)| id.clone()).collect();
        gone.iter().for_each(|id| drop(self.postboxes.remove(id)));
        ended
    }

    /// Whether anything leads to a library.
    fn is_reachable(&self, id: &LibraryId) -> bool {
        // A session that may push without a token is all that leads to its user.
        let may_push =
            |(_, postbox): (_, &Postbox)| postbox.session.is_some_and(|key| self.sessions.contains(&key));
        self.refresh.of(LIBRARY, id).next().is_some()
            || self.access.of(LIBRARY, id).next().is_some()
            || self.sessions.of(LIBRARY, id).next().is_some()
            || self.codes.of(LIBRARY, id).next().is_some()
            || self.consents.of(LIBRARY, id).next().is_some()
            || self.postboxes.of(LIBRARY, id).any(may_push)
            || self.phone() == Some(id)
            || self.facts.contains(&Fact::imported(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::consent::{Decision, Page, PageLink};
    use crate::domain::contract::{Contract, ContractKind};
    use crate::domain::pull_options::PullOptions;
    use crate::domain::pushed::Descriptor;
    use crate::domain::session::SessionAccess;
    use crate::domain::state::{AuthorizeRequest, CodeExchange, Referent, Rules};
    use crate::domain::token::Proof;
    use crate::payload::content::Content;
    use crate::random::SandboxTag;
    use serde_json::json;

    impl State {
        fn size(&self) -> usize {
            let codes = self.consents.len() + self.codes.len();
            let tokens = self.access.len() + self.refresh.len();
            codes + tokens + self.sessions.len() + self.references.len() + self.libraries.len()
        }
    }

    const START: Moment = Moment::from_millis(1_767_225_600_000);
    const DAY: Duration = Duration::from_secs(24 * 3600);
    /// The reference's verifier and challenge (crypto §8.1).
    const VERIFIER: &str = "YUIzZEU2Z0g5aksybU41cFE4c1Qxdlc0eVo3YkMwZUY";
    const CHALLENGE: &str = "b0Mk1mbbZAcNmukyu-xmEp1PppE0wF_2HE5Q2nc4VBg";

    /// A user who consented, has tokens, and pushed a file.
    fn add_user(state: &mut State, now: Moment) {
        let contract = Contract::sample(ContractKind::Write);
        let request = AuthorizeRequest {
            redirect_uri: "http://127.0.0.1/".to_owned(),
            state: None,
            code_challenge: CHALLENGE.to_owned(),
            proof: Proof::Required,
            library: None,
            options: PullOptions::default(),
            session: Some(SessionAccess::Token),
            offers_postbox: false,
        };
        let opened = state.authorize(&contract, request, now);
        let decision =
            Decision::Connect { connections: Vec::new(), trigger: true, storage: None, postbox: None };
        let callback = state.decide(PageLink::new(&opened.code, Page::Authorize), decision, now).unwrap();
        let code = callback.rsplit_once("code=").unwrap().1;
        let exchange = CodeExchange { code, code_verifier: Some(VERIFIER), redirect_uri: None };
        let library = state.exchange(&contract, exchange, now).unwrap().library;
        let descriptor: Descriptor =
            serde_json::from_value(json!({ "mimeType": "text/plain", "accounts": [] })).unwrap();
        state.push(&contract, &library, descriptor, Content::from(vec![0; 1000]), now).unwrap();
        state.reference(&contract, Referent::Account("a".to_owned()), now).unwrap();
    }

    #[test]
    fn what_expired_is_forgotten_with_its_users_and_what_was_pushed_for_them() {
        let mut state = State::new(SandboxTag::fresh(), Rules { push_quota: 1 << 30, ..Rules::default() });
        (0..50).for_each(|_| add_user(&mut state, START));
        let full = state.size();
        assert!(full >= 50 * 6);
        let later = START.plus(DAY);
        state.sweep(later);
        assert_eq!(state.size(), 50 * 3, "two tokens and a library each");
        state.sweep(START.plus(DAY * 40));
        assert_eq!(state.size(), 50 * 2, "a refresh token alone keeps its user");
        state.sweep(START.plus(DAY * 61));
        assert_eq!((state.size(), state.pushed_bytes()), (0, 0));
    }

    #[test]
    fn requests_that_add_something_sweep_as_time_passes() {
        let mut state = State::new(SandboxTag::fresh(), Rules { push_quota: 1 << 30, ..Rules::default() });
        let mut largest = 0;
        for hours in 0..3000 {
            add_user(&mut state, START.plus(Duration::from_secs(3600) * hours));
            largest = largest.max(state.libraries.len());
        }
        assert!(largest < 61 * 24 * 5 / 4, "{largest} users of 3000 were kept");
    }
}

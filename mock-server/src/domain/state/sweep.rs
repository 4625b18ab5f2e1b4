//! What expired is thrown away as time passes, by the requests that add something.

use std::collections::HashSet;
use std::time::Duration;

use super::State;
use crate::clock::Moment;
use crate::domain::library::LibraryId;
use crate::domain::postbox::Postbox;

/// How often what has expired is thrown away, at most.
pub(crate) const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// A sweep looks at everything, so it waits until this share of everything is new: the work that
/// it makes per request stays the same however much there is.
const SHARE: usize = 8;

/// When a sweep is due.
#[derive(Debug, Default)]
pub(super) struct Broom {
    swept: Option<Moment>,
    added: usize,
    /// When something was added, if whoever has the rest of the rows is to sweep.
    due: Option<Moment>,
}

impl State {
    /// Sweeps if it is time; to be called when something is added.
    pub(super) fn tidy(&mut self, now: Moment) {
        if !self.libraries.is_whole() {
            self.broom.due = Some(now);
            return;
        }
        self.broom.added += 1;
        let recently = self.broom.swept.is_some_and(|at| now.since(at) < SWEEP_EVERY);
        if !recently && self.broom.added * SHARE >= self.size() {
            self.sweep(now);
        }
    }

    /// When the operation added something, if its database is to be swept for that.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn sweep_due(&self) -> Option<Moment> {
        self.broom.due
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
        self.broom = Broom { swept: Some(now), ..Broom::default() };
        let lifetimes = self.rules.lifetimes;
        self.consents.forget(&lifetimes, now);
        self.codes.forget(&lifetimes, now);
        self.sessions.forget(&lifetimes, now);
        self.exchange_tokens.forget(&lifetimes, now);
        self.references.forget(&lifetimes, now);
        self.access.forget(&lifetimes, now);
        self.refresh.forget(&lifetimes, now);
        let sessions = &self.sessions;
        let tokens =
            self.access.iter().map(|(_, grant)| grant).chain(self.refresh.iter().map(|(_, it)| &it.grant));
        let by_token = tokens.map(|grant| &grant.library);
        let by_code = self.codes.iter().map(|(_, code)| &code.library);
        let by_page = self.consents.iter().filter_map(|(_, consent)| consent.library());
        let by_session = sessions.iter().filter_map(|(_, session)| Some(&session.read.as_ref()?.library));
        // A session that may push without a token is all that leads to its user.
        let may_push = |postbox: &Postbox| postbox.session.is_some_and(|key| sessions.contains(&key));
        let by_postbox = self.postboxes.iter().map(|(_, postbox)| postbox);
        let by_postbox = by_postbox.filter(|postbox| may_push(postbox)).map(|postbox| &postbox.library);
        let reachable: HashSet<&LibraryId> = by_token
            .chain(by_code)
            .chain(by_page)
            .chain(by_session)
            .chain(by_postbox)
            .chain(self.facts.iter().filter_map(|(_, fact)| fact.library()))
            .collect();
        let gone: Vec<_> =
            self.libraries.iter().map(|(id, _)| id).filter(|id| !reachable.contains(id)).cloned().collect();
        gone.iter().for_each(|library| self.forget_library(library));
        let libraries = &self.libraries;
        self.postboxes.retain(|_, postbox| libraries.contains(&postbox.library));
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

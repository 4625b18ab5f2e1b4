//! Users and sessions by the thousand, for figures.

use super::Store;
use crate::clock::Moment;
use crate::domain::consent::{Decision, Page, PageLink};
use crate::domain::contract::Contract;
use crate::domain::library::Connection;
use crate::domain::pull_options::PullOptions;
use crate::domain::session::SessionAccess;
use crate::domain::state::{AuthorizeRequest, CodeExchange, State};
use crate::domain::token::Proof;
use crate::domain::unavailable::Unavailable;

/// The verifier and challenge of the protocol reference (crypto §8.1).
const VERIFIER: &str = "YUIzZEU2Z0g5aksybU41cFE4c1Qxdlc0eVo3YkMwZUY";
const CHALLENGE: &str = "b0Mk1mbbZAcNmukyu-xmEp1PppE0wF_2HE5Q2nc4VBg";

impl Store {
    /// Makes users who consented to a contract, connected a source and have tokens: all of them in one unit of
    /// work, by the same operations as one by one. Says how many there are then.
    pub(crate) async fn make_users(
        &self,
        contract: &Contract,
        connection: &Connection,
        count: usize,
        now: Moment,
    ) -> Result<usize, Unavailable> {
        // A user for whom a row is missing is made when it is here.
        self.run(|state| (0..count).filter(|_| make_user(state, contract, connection, now).is_some()).count())
            .await
    }

    /// Opens sessions that read, one user after the other: all of them in one unit of work. Says how many there are then.
    pub(crate) async fn make_sessions(
        &self,
        contract: &Contract,
        count: usize,
        now: Moment,
    ) -> Result<usize, Unavailable> {
        self.run(|state| {
            let users = state.users_after(None, count, |id, _| id.clone());
            let asked = || (PullOptions::default(), SessionAccess::Token);
            let users = users.iter().cycle().take(count);
            users.filter(|user| state.trigger(contract, user, asked(), now).is_ok()).count()
        })
        .await
    }
}

fn make_user(state: &mut State, contract: &Contract, connection: &Connection, now: Moment) -> Option<()> {
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
    let opened = state.authorize(contract, request, now);
    let connections = vec![connection.clone()];
    let decision = Decision::Connect { connections, trigger: true, storage: None, postbox: None };
    let callback = state.decide(PageLink::new(&opened.code, Page::Authorize), decision, now).ok()?;
    let code = callback.split(['?', '&']).find_map(|pair| pair.strip_prefix("code="))?;
    let exchange = CodeExchange { code, code_verifier: Some(VERIFIER), redirect_uri: None };
    state.exchange(contract, exchange, now).ok().map(|_| ())
}

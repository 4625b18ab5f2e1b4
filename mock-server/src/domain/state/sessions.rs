//! Sessions: opened for a contract, read for a library.

use super::State;
use crate::clock::Moment;
use crate::domain::contract::{Contract, ContractKind};
use crate::domain::library::{Library, LibraryId, Login};
use crate::domain::pull_options::PullOptions;
use crate::domain::refusal::Refusal;
use crate::domain::session::{Read, Session, SessionRef};

impl State {
    /// Opens a session that reads at once.
    ///
    /// # Errors
    /// `InvalidContractDataRequest` for a write contract, `InsufficientScope` for a one-off one.
    pub(crate) fn trigger(
        &mut self,
        contract: &Contract,
        library: &LibraryId,
        options: PullOptions,
        now: Moment,
    ) -> Result<SessionRef, Refusal> {
        match contract.kind {
            ContractKind::Write => {
                return Err(Refusal::wrong_contract_kind("a write contract reads nothing"));
            }
            ContractKind::OneOff => {
                return Err(Refusal::insufficient_scope(
                    "a one-off contract reads only in the session of its authorization",
                ));
            }
            ContractKind::Read | ContractKind::ReadRaw => {}
        }
        let session = self.open_session(contract, options, now);
        self.begin_read(&session.key, library, None, now);
        Ok(session)
    }

    /// The session and the library that it reads, for a contract and user.
    ///
    /// # Errors
    /// `SessionInvalid` if the session is unknown, expired, another contract's or another user's;
    /// `InvalidContractDataRequest` for a write contract.
    pub(crate) fn session(
        &self,
        contract: &Contract,
        user: &LibraryId,
        key: &str,
        now: Moment,
    ) -> Result<(&Session, &Library), Refusal> {
        if !contract.kind.reads() {
            return Err(Refusal::wrong_contract_kind("a write contract reads nothing"));
        }
        let session =
            self.sessions.get(key).ok_or_else(|| Refusal::invalid_session("there is no such session"))?;
        if now >= session.expires {
            return Err(Refusal::invalid_session("the session has expired on the sandbox's clock"));
        }
        if session.client_id != contract.client_id() {
            return Err(Refusal::invalid_session("the session belongs to another contract"));
        }
        if session.read.as_ref().is_some_and(|read| &read.library != user) {
            return Err(Refusal::invalid_session("the session belongs to another user"));
        }
        Ok((session, self.library(user)?))
    }

    pub(super) fn open_session(
        &mut self,
        contract: &Contract,
        options: PullOptions,
        now: Moment,
    ) -> SessionRef {
        self.tidy(now);
        let key = self.tag.mint();
        let expires = now.plus(self.lifetimes.session);
        let session = Session { client_id: contract.client_id(), options, expires, read: None };
        self.sessions.insert(key.clone(), session);
        SessionRef { key, expires }
    }

    /// Starts the read of a session; the account `left_out` waits for the next one.
    pub(super) fn begin_read(
        &mut self,
        key: &str,
        library_id: &LibraryId,
        left_out: Option<&str>,
        now: Moment,
    ) {
        let (Some(session), Some(library)) = (self.sessions.get_mut(key), self.libraries.get_mut(library_id))
        else {
            return;
        };
        let mut accounts = Vec::new();
        for account in &mut library.accounts {
            if Some(account.id.as_str()) == left_out || !session.options.includes_account(&account.id) {
                continue;
            }
            let withdrawn = matches!(account.login, Login::Withdrawn(_));
            if session.options.fetches() && !withdrawn {
                account.sync(now);
            }
            accounts.push(account.id.clone());
        }
        let (library_id, pushed) = (library_id.clone(), library.push_count);
        session.read = Some(Read { library: library_id, started: now, accounts, pushed });
    }
}

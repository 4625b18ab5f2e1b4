//! Sessions: opened for a contract, read for a library.

use super::State;
use crate::clock::Moment;
use crate::domain::contract::{Contract, ContractKind};
use crate::domain::library::{AccountId, Library, LibraryId};
use crate::domain::pull_options::PullOptions;
use crate::domain::refusal::Refusal;
use crate::domain::session::{ExchangeToken, Read, Reader, Session, SessionAccess, SessionRef};
use crate::fingerprint::Fingerprint;

impl State {
    /// Opens a session that reads at once.
    ///
    /// # Errors
    /// `InvalidContractDataRequest` for a write contract, `InsufficientScope` for a one-off one.
    pub(crate) fn trigger(
        &mut self,
        contract: &Contract,
        library: &LibraryId,
        (options, access): (PullOptions, SessionAccess),
        now: Moment,
    ) -> Result<SessionRef, Refusal> {
        require_ongoing(contract)?;
        let session = self.open_session(contract, options, access, now);
        self.begin_read(Fingerprint::of(&[&session.key]), library, &[], now);
        Ok(session)
    }

    /// Lets a user's token read a session that was opened before. Clients of that time do so right
    /// after the consent too, when it reads already (protocol reference, legacy rule 17).
    ///
    /// # Errors
    /// `SessionInvalid` if the session is unknown, expired, another contract's or another user's, then
    /// as [`State::trigger`].
    pub(crate) fn trigger_named(
        &mut self,
        contract: &Contract,
        library: &LibraryId,
        key: &str,
        now: Moment,
    ) -> Result<(), Refusal> {
        let session = self.own_session(contract, key, now)?;
        match &session.read {
            Some(read) if &read.library == library => return Ok(()),
            Some(_) => return Err(Refusal::invalid_session("the session belongs to another user")),
            None => require_ongoing(contract)?,
        }
        self.begin_read(Fingerprint::of(&[key]), library, &[], now);
        Ok(())
    }

    /// The session and the library that it reads, for whoever asks.
    ///
    /// # Errors
    /// `SessionInvalid` if the session is unknown, expired, another contract's, another user's, or
    /// not open to one who shows no token; `InvalidContractDataRequest` for a write contract.
    pub(crate) fn session(
        &self,
        contract: &Contract,
        reader: Reader<'_>,
        key: &str,
        now: Moment,
    ) -> Result<(&Session, &Library), Refusal> {
        if !contract.kind.reads() {
            return Err(Refusal::wrong_contract_kind("a write contract reads nothing"));
        }
        self.any_session(contract, reader, key, now)
    }

    /// As [`State::session`], of a write contract too.
    ///
    /// # Errors
    /// `SessionInvalid` as there.
    pub(crate) fn any_session(
        &self,
        contract: &Contract,
        reader: Reader<'_>,
        key: &str,
        now: Moment,
    ) -> Result<(&Session, &Library), Refusal> {
        let session = self.own_session(contract, key, now)?;
        let read = session.read.as_ref();
        match reader {
            Reader::User(user) if read.is_some_and(|read| &read.library != user) => {
                Err(Refusal::invalid_session("the session belongs to another user"))
            }
            Reader::User(user) => Ok((session, self.library(user)?)),
            Reader::Anybody if session.access == SessionAccess::Token => Err(Refusal::invalid_session(
                "the session was made in a generation of the API whose sessions take an access token",
            )),
            Reader::Anybody => {
                let read = read.ok_or_else(|| {
                    Refusal::invalid_session("the user has not consented to the session yet")
                })?;
                // 401 would make clients refresh a token, and there is none.
                let library = self.libraries.get(&read.library);
                Ok((session, library.ok_or_else(|| Refusal::invalid_session("the user was deleted"))?))
            }
        }
    }

    /// A session of a contract that has not expired.
    ///
    /// # Errors
    /// `SessionInvalid` if there is none.
    pub(super) fn own_session(
        &self,
        contract: &Contract,
        key: &str,
        now: Moment,
    ) -> Result<&Session, Refusal> {
        let session = self
            .sessions
            .get(&Fingerprint::of(&[key]))
            .ok_or_else(|| Refusal::invalid_session("there is no such session"))?;
        if now >= session.expires {
            return Err(Refusal::invalid_session("the session has expired on the sandbox's clock"));
        }
        if session.client_id != contract.client_id() {
            return Err(Refusal::invalid_session("the session belongs to another contract"));
        }
        Ok(session)
    }

    /// The `client_id` of the contract that opened a session.
    pub(crate) fn session_client(&self, key: &str) -> Option<&str> {
        self.sessions.get(&Fingerprint::of(&[key])).map(|session| session.client_id.as_str())
    }

    /// Opens a session that waits for an app's link, and what the guest page is opened with.
    pub(crate) fn open_waiting_session(
        &mut self,
        contract: &Contract,
        (options, access): (PullOptions, SessionAccess),
        now: Moment,
    ) -> (SessionRef, String) {
        let session = self.open_session(contract, options, access, now);
        let (key, token) = (Fingerprint::of(&[&session.key]), self.mint());
        let exchange = ExchangeToken { session: key, expires: session.expires };
        self.exchange_tokens.insert(Fingerprint::of(&[&token]), exchange);
        self.sessions.change(&key, |session| session.for_link = true);
        (session, token)
    }

    pub(super) fn open_session(
        &mut self,
        contract: &Contract,
        options: PullOptions,
        access: SessionAccess,
        now: Moment,
    ) -> SessionRef {
        self.tidy(now);
        let key = self.mint();
        let expires = now.plus(self.rules.lifetimes.session);
        let client_id = contract.client_id();
        let session =
            Session { client_id, options, expires, access, for_link: false, answered: false, read: None };
        self.sessions.insert(Fingerprint::of(&[&key]), session);
        SessionRef { key, expires }
    }

    /// Starts the read of a session; the accounts `left_out` wait for the next one.
    pub(super) fn begin_read(
        &mut self,
        key: Fingerprint,
        library_id: &LibraryId,
        left_out: &[AccountId],
        now: Moment,
    ) {
        let Some(session) = self.sessions.get(&key) else { return };
        let Some((accounts, pushed)) = self.libraries.change(library_id, |library| {
            let mut accounts = Vec::new();
            for account in &mut library.accounts {
                if left_out.contains(&account.id) || !session.options.includes_account(&account.id) {
                    continue;
                }
                if session.options.fetches() && !account.login.is_shut(now) {
                    account.sync(now);
                }
                accounts.push(account.reference.clone());
            }
            (accounts, library.push_count)
        }) else {
            return;
        };
        let read = Read { library: library_id.clone(), started: now, accounts, pushed };
        self.sessions.change(&key, |session| session.read = Some(read));
    }
}

/// Whether a contract may read without its user being asked again.
fn require_ongoing(contract: &Contract) -> Result<(), Refusal> {
    match contract.kind {
        ContractKind::Write => Err(Refusal::wrong_contract_kind("a write contract reads nothing")),
        ContractKind::OneOff => Err(Refusal::insufficient_scope(
            "a one-off contract reads only in the session of its authorization",
        )),
        ContractKind::Read | ContractKind::ReadRaw => Ok(()),
    }
}

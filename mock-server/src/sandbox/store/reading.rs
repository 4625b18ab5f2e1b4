//! Sessions and what is read in them.

use super::{Store, Twice};
use crate::clock::Moment;
use crate::domain::contract::Contract;
use crate::domain::library::{Account, LibraryId};
use crate::domain::lifeline::Lifeline;
use crate::domain::listing::{FileList, SessionFile};
use crate::domain::portability::Report;
use crate::domain::pull_options::PullOptions;
use crate::domain::refusal::Refusal;
use crate::domain::session::{Reader, SessionAccess, SessionRef, Unasked};
use crate::domain::unavailable::Unavailable;

/// What `accounts.json` of a session tells, and what its download hangs on.
#[derive(Clone, Debug)]
pub(crate) struct SessionAccounts {
    pub(crate) accounts: Vec<Account>,
    /// `consentid`
    pub(crate) consent: String,
    pub(crate) lifeline: Lifeline,
}

impl Store {
    /// As [`crate::domain::state::State::trigger`].
    pub(crate) async fn trigger(
        &self,
        contract: &Contract,
        user: &LibraryId,
        session: (PullOptions, SessionAccess),
        now: Moment,
    ) -> Result<SessionRef, Refusal> {
        self.run(|state| state.trigger(contract, user, session.clone(), now)).await?
    }

    /// As [`crate::domain::state::State::trigger_named`].
    pub(crate) async fn trigger_named(
        &self,
        contract: &Contract,
        user: &LibraryId,
        session_key: &str,
        now: Moment,
    ) -> Result<(), Refusal> {
        self.run(|state| state.trigger_named(contract, user, session_key, now)).await?
    }

    /// As [`crate::domain::state::State::session_client`].
    pub(crate) async fn session_client(&self, session_key: &str) -> Result<Option<String>, Unavailable> {
        self.run(|state| state.session_client(session_key).map(str::to_owned)).await
    }

    /// As [`crate::domain::state::State::file_list`].
    pub(crate) async fn file_list(
        &self,
        contract: &Contract,
        reader: Reader<'_>,
        session_key: &str,
        now: Moment,
    ) -> Result<FileList, Refusal> {
        self.run(|state| state.file_list(contract, reader, session_key, now)).await?
    }

    /// As [`crate::domain::state::State::session_file`].
    pub(crate) async fn session_file(
        &self,
        contract: &Contract,
        reader: Reader<'_>,
        session_key: &str,
        file: (&str, Unasked),
        now: Moment,
    ) -> Twice<SessionFile> {
        let found = self.run(|state| state.session_file(contract, reader, session_key, file, now)).await??;
        let Ok(mut file) = found else { return Ok(found) };
        file.content = self.opened(file.content).await?;
        Ok(Ok(file))
    }

    /// What `accounts.json` of a session tells.
    ///
    /// # Errors
    /// As [`crate::domain::state::State::any_session`].
    pub(crate) async fn session_accounts(
        &self,
        contract: &Contract,
        reader: Reader<'_>,
        session_key: &str,
        now: Moment,
    ) -> Result<SessionAccounts, Refusal> {
        self.run(|state| {
            let (_, library) = state.any_session(contract, reader, session_key, now)?;
            Ok(SessionAccounts {
                accounts: library.accounts.clone(),
                consent: library.consents.get(&contract.client_id()).cloned().unwrap_or_default(),
                lifeline: library.lifeline.clone(),
            })
        })
        .await?
    }

    /// As [`crate::domain::state::State::open_waiting_session`].
    pub(crate) async fn open_session(
        &self,
        contract: &Contract,
        session: (PullOptions, SessionAccess),
        now: Moment,
    ) -> Result<(SessionRef, String), Unavailable> {
        self.run(|state| state.open_waiting_session(contract, session.clone(), now)).await
    }

    /// The accounts of a user.
    ///
    /// # Errors
    /// `InvalidToken` if the user was deleted.
    pub(crate) async fn accounts(&self, user: &LibraryId) -> Result<Vec<Account>, Refusal> {
        self.run(|state| Ok(state.library(user)?.accounts.clone())).await?
    }

    /// The portability report on a user.
    ///
    /// # Errors
    /// `InvalidToken` if the user was deleted.
    pub(crate) async fn report(
        &self,
        user: &LibraryId,
        from: Option<Moment>,
        to: Option<Moment>,
        now: Moment,
    ) -> Result<Report, Refusal> {
        self.run(|state| Ok(Report::of(state.library(user)?, from, to, now))).await?
    }
}

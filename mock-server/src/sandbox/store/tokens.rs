//! Tokens, and references to what they lead to.

use super::Store;
use crate::clock::Moment;
use crate::domain::contract::Contract;
use crate::domain::library::LibraryId;
use crate::domain::refusal::Refusal;
use crate::domain::state::{CodeExchange, Referent};
use crate::domain::token::TokenPair;
use crate::domain::unavailable::Unavailable;

impl Store {
    /// As [`crate::domain::state::State::access`].
    pub(crate) async fn access(
        &self,
        contract: &Contract,
        token: &str,
        now: Moment,
    ) -> Result<LibraryId, Refusal> {
        self.run(|state| state.access(contract, token, now).cloned()).await?
    }

    /// As [`crate::domain::state::State::renewable`].
    pub(crate) async fn renewable(&self, contract: &Contract, token: &str) -> Result<LibraryId, Refusal> {
        self.run(|state| state.renewable(contract, token).cloned()).await?
    }

    /// As [`crate::domain::state::State::callback`].
    pub(crate) async fn callback(&self, contract: &Contract, library: &LibraryId) -> Result<String, Refusal> {
        self.run(|state| state.callback(contract, library).map(str::to_owned)).await?
    }

    /// As [`crate::domain::state::State::linked_library`].
    pub(crate) async fn linked_library(&self, token: &str) -> Result<LibraryId, Refusal> {
        self.run(|state| state.linked_library(token).cloned()).await?
    }

    /// As [`crate::domain::state::State::exchange`].
    pub(crate) async fn exchange(
        &self,
        contract: &Contract,
        exchange: CodeExchange<'_>,
        now: Moment,
    ) -> Result<TokenPair, Refusal> {
        self.run(|state| state.exchange(contract, exchange, now)).await?
    }

    /// As [`crate::domain::state::State::refresh`].
    pub(crate) async fn refresh(
        &self,
        contract: &Contract,
        token: &str,
        now: Moment,
    ) -> Result<TokenPair, Refusal> {
        self.run(|state| state.refresh(contract, token, now)).await?
    }

    /// As [`crate::domain::state::State::reference`].
    pub(crate) async fn reference(
        &self,
        contract: &Contract,
        referent: Referent,
        now: Moment,
    ) -> Result<String, Refusal> {
        self.run(|state| state.reference(contract, referent.clone(), now)).await?
    }

    /// As [`crate::domain::state::State::referent`].
    pub(crate) async fn referent(
        &self,
        client_id: &str,
        reference: &str,
        now: Moment,
    ) -> Result<Option<Referent>, Unavailable> {
        self.run(|state| state.referent(client_id, reference, now).cloned()).await
    }
}

//! Pushed data, within a quota.

use super::State;
use super::rows::Fact;
use crate::clock::Moment;
use crate::domain::contract::{Contract, ContractKind};
use crate::domain::library::{Account, LibraryId};
use crate::domain::pushed::{Descriptor, Push, PushedFile};
use crate::domain::quota::{Usage, UsedUp};
use crate::domain::refusal::Refusal;
use crate::domain::table::PartKey;
use crate::payload::content::Content;

/// The key of [`Fact::PushedBytes`].
const PUSHED_BYTES: &str = "pushed_bytes";

impl State {
    /// How many bytes the sandbox still takes.
    ///
    /// # Errors
    /// `InvalidContractDataRequest` unless the contract is a write contract.
    pub(crate) fn push_room(&mut self, contract: &Contract, now: Moment) -> Result<u64, Refusal> {
        require_write(contract)?;
        if self.libraries.is_whole() && self.pushed_bytes() >= self.rules.push_quota {
            self.sweep(now);
        }
        let room = self.rules.push_quota.saturating_sub(self.pushed_bytes());
        match self.byte_room() {
            Some(0) => Err(UsedUp::Bytes.into()),
            left => Ok(room.min(left.unwrap_or(room))),
        }
    }

    /// Puts a file into a library.
    ///
    /// # Errors
    /// `ValidationErrors` with status 413 if the quota does not take it.
    pub(crate) fn push(
        &mut self,
        contract: &Contract,
        library: &LibraryId,
        descriptor: Descriptor,
        content: Content,
        now: Moment,
    ) -> Result<(), Refusal> {
        self.tidy(now);
        self.library(library)?;
        let push = Push::new(contract, descriptor, content, now);
        self.charge(&push)?;
        self.take_in(library, push);
        Ok(())
    }

    /// Takes what was pushed into a library.
    pub(super) fn take_in(&mut self, library: &LibraryId, push: Push) {
        let sequence = self.libraries.change(library, |library| {
            library.push_count = library.push_count.saturating_add(1);
            library.push_count
        });
        if let Some(sequence) = sequence {
            self.pushed.insert(PartKey::numbered(library, sequence), PushedFile { sequence, push });
        }
    }

    /// Bytes of everything that is pushed and not yet forgotten.
    pub(super) fn pushed_bytes(&self) -> u64 {
        match self.facts.get(PUSHED_BYTES) {
            Some(Fact::PushedBytes(bytes)) => *bytes,
            _ => 0,
        }
    }

    /// Counts what is no longer kept out of the quota.
    pub(super) fn discharge(&mut self, bytes: u64) {
        if bytes > 0 {
            let left = self.pushed_bytes().saturating_sub(bytes);
            self.facts.insert(PUSHED_BYTES.to_owned(), Fact::PushedBytes(left));
            self.count_out(Usage { users: 0, bytes });
        }
    }

    /// Counts a push in the quota.
    ///
    /// # Errors
    /// `ValidationErrors` with status 413 if the quota does not take it.
    pub(super) fn charge(&mut self, push: &Push) -> Result<(), Refusal> {
        let charged = self.pushed_bytes().saturating_add(push.cost());
        if charged > self.rules.push_quota {
            return Err(quota_used_up(self.rules.push_quota));
        }
        self.require_byte_room(push.cost(), 0)?;
        self.count_in(Usage { users: 0, bytes: push.cost() });
        self.facts.insert(PUSHED_BYTES.to_owned(), Fact::PushedBytes(charged));
        Ok(())
    }

    /// The account that a provider push is for.
    ///
    /// # Errors
    /// `InvalidContractDataRequest` unless the contract is a write contract; `AccountNotFound`;
    /// `ValidationErrors` if nothing can be pushed to the account's source.
    pub(crate) fn push_target(
        &self,
        contract: &Contract,
        library: &LibraryId,
        account: &str,
    ) -> Result<&Account, Refusal> {
        require_write(contract)?;
        let account = self.library(library)?.account(account)?;
        let account_type = account.dataset.account.account_type;
        if account_type != digime_fixtures::AccountType::Push {
            return Err(Refusal::validation(format!(
                "the account {} is of type {account_type}; data can be pushed to accounts of type PUSH, \
                 which come from push sources",
                account.id
            )));
        }
        Ok(account)
    }
}

/// What is refused because the sandbox holds enough.
pub(crate) fn quota_used_up(quota: u64) -> Refusal {
    Refusal::too_large(
        format!("The sandbox takes {quota} bytes of pushed data in all"),
        "raise push_quota if that is on purpose; deleting users frees what was pushed for them",
    )
}

fn require_write(contract: &Contract) -> Result<(), Refusal> {
    match contract.kind {
        ContractKind::Write => Ok(()),
        kind => Err(Refusal::wrong_contract_kind(format!("a {kind} contract pushes nothing"))),
    }
}

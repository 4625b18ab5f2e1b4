//! Pushed data, within a quota.

use super::State;
use crate::clock::Moment;
use crate::domain::contract::{Contract, ContractKind};
use crate::domain::library::{Account, LibraryId};
use crate::domain::pushed::{Descriptor, Push};
use crate::domain::refusal::Refusal;
use crate::payload::content::Content;

impl State {
    /// How many bytes the sandbox still takes.
    ///
    /// # Errors
    /// `InvalidContractDataRequest` unless the contract is a write contract.
    pub(crate) fn push_room(&mut self, contract: &Contract, now: Moment) -> Result<u64, Refusal> {
        require_write(contract)?;
        if self.pushed_bytes >= self.push_quota {
            self.sweep(now);
        }
        Ok(self.push_quota.saturating_sub(self.pushed_bytes))
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
        self.library_mut(library)?.take_in(push);
        Ok(())
    }

    /// Counts a push in the quota.
    ///
    /// # Errors
    /// `ValidationErrors` with status 413 if the quota does not take it.
    pub(super) fn charge(&mut self, push: &Push) -> Result<(), Refusal> {
        let charged = self.pushed_bytes.saturating_add(push.cost());
        if charged > self.push_quota {
            return Err(quota_used_up(self.push_quota));
        }
        self.pushed_bytes = charged;
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

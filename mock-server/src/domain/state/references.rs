//! References: opaque stand-ins for an account or a storage in the URL of a page (protocol
//! reference, http-api §2.3).

use serde::{Deserialize, Serialize};

use super::State;
use crate::clock::Moment;
use crate::domain::contract::Contract;
use crate::domain::library::AccountId;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::fingerprint::Fingerprint;

/// What a reference stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Referent {
    /// An account: `accountRef` of the reauthorize page.
    Account(AccountId),
    /// A provisional storage: `storageRef` of the authorize page.
    Storage(String),
}

/// A reference and whose it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Reference {
    client_id: String,
    referent: Referent,
    pub(super) expires: Moment,
}

impl State {
    /// Makes a reference.
    ///
    /// # Errors
    /// `StorageNotFound` if it is to stand for a storage that does not exist. Whether an account
    /// exists is seen on its page: here nobody says whose it is.
    pub(crate) fn reference(
        &mut self,
        contract: &Contract,
        referent: Referent,
        now: Moment,
    ) -> Result<String, Refusal> {
        if let Referent::Storage(id) = &referent
            && self.storage(contract, id).is_err()
        {
            let message = format!("The storage ({id}) does not exist");
            return Err(Refusal::new(404, RefusalCode::StorageNotFound, message, "POST storage makes one"));
        }
        self.tidy(now);
        let (id, expires) = (self.mint(), now.plus(self.rules.lifetimes.code));
        let reference = Reference { client_id: contract.client_id(), referent, expires };
        self.references.insert(Fingerprint::of(&[&id]), reference);
        Ok(id)
    }

    /// What a reference of this contract stands for, unless it is unknown or expired.
    pub(crate) fn referent(&self, client_id: &str, reference: &str, now: Moment) -> Option<&Referent> {
        let known = self.references.get(&Fingerprint::of(&[reference]))?;
        (known.client_id == client_id && now < known.expires).then_some(&known.referent)
    }
}

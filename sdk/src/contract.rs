//! A contract: its id and its private key.

use crate::crypto::private_key::PrivateKey;
use crate::error::Result;
use crate::ids::{ContractId, check_plain};

/// A data-sharing contract as the caller holds it
/// (protocol reference, README §3: each contract has a key pair of its own).
///
/// Cheap to clone; clones share the parsed key.
///
/// ```no_run
/// use digime::{Contract, PrivateKey};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pem = std::fs::read_to_string("contract.pem")?;
/// let contract = Contract::new("my-contract", PrivateKey::from_pem(&pem)?)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Contract {
    id: ContractId,
    key: PrivateKey,
}

impl Contract {
    /// Binds a contract id to its private key.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Config`] if the id is empty or contains white space,
    /// control characters or slashes. Underscores are fine.
    pub fn new(contract_id: impl Into<ContractId>, key: PrivateKey) -> Result<Self> {
        let id = contract_id.into();
        check_plain("contract_id", id.as_str())?;
        Ok(Self { id, key })
    }

    /// The contract's id.
    #[must_use]
    pub fn id(&self) -> &ContractId {
        &self.id
    }

    pub(crate) fn key(&self) -> &PrivateKey {
        &self.key
    }
}

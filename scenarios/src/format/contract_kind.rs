//! What a contract is for.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::yaml::did_you_mean;

/// What a contract is for.
///
/// ```
/// use digime_scenarios::ContractKind;
///
/// assert_eq!("read-raw".parse(), Ok(ContractKind::ReadRaw));
/// let error = "raed".parse::<ContractKind>().unwrap_err();
/// assert!(error.to_string().contains("did you mean read?"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ContractKind {
    /// Reads mapped data, again and again.
    #[default]
    Read,
    /// Pushes data.
    Write,
    /// Reads the raw files that write contracts pushed.
    ReadRaw,
    /// Reads mapped data once.
    OneOff,
}

impl ContractKind {
    const ALL: [Self; 4] = [Self::Read, Self::Write, Self::ReadRaw, Self::OneOff];

    /// The kind as files and options write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::ReadRaw => "read-raw",
            Self::OneOff => "one-off",
        }
    }
}

impl fmt::Display for ContractKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no kind of contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is no kind of contract: known are {}{}", known().join(", "), hint(found))]
pub struct UnknownContractKind {
    found: String,
}

fn known() -> [&'static str; 4] {
    ContractKind::ALL.map(ContractKind::as_str)
}

fn hint(found: &str) -> String {
    let near = did_you_mean(found, &known());
    near.map_or_else(String::new, |near| format!("; did you mean {near}?"))
}

impl FromStr for ContractKind {
    type Err = UnknownContractKind;

    fn from_str(word: &str) -> Result<Self, UnknownContractKind> {
        let kind = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        kind.ok_or_else(|| UnknownContractKind { found: word.chars().take(80).collect() })
    }
}

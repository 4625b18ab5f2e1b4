//! The accounts of a session, a pseudo file up to v1.6
//! (protocol reference, legacy/endpoints §4).

use serde::{Deserialize, Serialize};

use crate::ids::AccountId;

/// The accounts behind a session.
///
/// **Legacy**, v1 to v1.6; today [`crate::User::read_accounts`]
/// (protocol reference, legacy/endpoints §4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LegacyAccounts {
    /// The accounts.
    pub accounts: Vec<LegacyAccount>,
    /// Id of the consent.
    #[serde(default, rename = "consentid", skip_serializing_if = "Option::is_none")]
    pub consent_id: Option<String>,
}

/// One account; servers leave out what they do not know.
///
/// **Legacy**, v1 to v1.6; today [`crate::Account`]
/// (protocol reference, legacy/endpoints §4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LegacyAccount {
    /// Id of the account, as in [`crate::SyncStatus::details`].
    pub id: AccountId,
    /// Name of the user at the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Number of the account, of a bank for example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<LegacyAccountService>,
}

/// The service of an account.
///
/// **Legacy**, v1 to v1.6 (protocol reference, legacy/endpoints §4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LegacyAccountService {
    /// Its name, such as `spotify`.
    pub name: String,
    /// Its logo, a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
}

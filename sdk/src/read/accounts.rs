//! The accounts connected to a user's library
//! (protocol reference, http-api §4.5, objects §3).

use http::Method;
use serde::{Deserialize, Serialize};

use crate::client::user::User;
use crate::error::{Operation, Result};
use crate::http::json;
use crate::http::request::Request;
use crate::ids::{AccountId, AccountReference, SourceId};
use crate::text_enum::text_enum;

/// One connection of a library to a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Account {
    /// Id of the account, as in [`crate::SyncStatus::details`].
    pub id: AccountId,
    /// Equals the `accountReference` of the callback that connected it.
    pub reference: AccountReference,
    /// Kind of account.
    #[serde(rename = "type")]
    pub kind: AccountType,
    /// Creation, in **milliseconds** since 1970.
    #[serde(deserialize_with = "json::integer")]
    pub created_date: i64,
    /// Last change, in **milliseconds** since 1970.
    #[serde(deserialize_with = "json::integer")]
    pub updated_date: i64,
    /// Id of the service group, such as 5.
    #[serde(deserialize_with = "json::integer")]
    pub service_group_id: i64,
    /// Name of the service group, such as `Entertainment`.
    pub service_group_name: String,
    /// Id of the service, such as 19.
    #[serde(deserialize_with = "json::integer")]
    pub service_type_id: i64,
    /// Name of the service, such as `Spotify`.
    pub service_type_name: String,
    /// Reference of the service, such as `spotify`.
    pub service_type_reference: String,
    /// Id of the source, such as 16.
    pub source_id: SourceId,
    /// State of the login at the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_status: Option<AccessTokenStatus>,
    /// Id of the provider behind a shared service, such as a hospital.
    #[serde(default, deserialize_with = "json::optional_integer", skip_serializing_if = "Option::is_none")]
    pub service_provider_id: Option<i64>,
    /// Name of that provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_provider_name: Option<String>,
    /// Reference of that provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_provider_reference: Option<String>,
    /// Name of the user at the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Small icon of the provider, a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_fav_icon: Option<String>,
    /// Logo of the provider, a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_logo: Option<String>,
    /// Whether the account was made from sample data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<bool>,
}

/// State of an account's login at its source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AccessTokenStatus {
    /// Whether the login still works.
    pub authorized: bool,
    /// Expiry; the platform does not document its unit.
    #[serde(default, deserialize_with = "json::optional_integer", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

text_enum! {
    /// Kind of account.
    AccountType {
        /// `USER`
        User = "USER",
        /// `ADMIN`
        Admin = "ADMIN",
        /// `EVENT`
        Event = "EVENT",
        /// `GROUP`
        Group = "GROUP",
        /// `BANK`
        Bank = "BANK",
        /// `CREDIT_CARD`
        CreditCard = "CREDIT_CARD",
        /// `IMPORTED`
        Imported = "IMPORTED",
        /// `INVESTMENT`
        Investment = "INVESTMENT",
        /// `INSURANCE`
        Insurance = "INSURANCE",
        /// `LOAN`
        Loan = "LOAN",
        /// `REWARD`
        Reward = "REWARD",
        /// `BILL`
        Bill = "BILL",
        /// `PUSH`: data can be pushed to its source.
        Push = "PUSH",
    }
}

impl User {
    /// Lists the connected accounts (protocol reference, http-api §4.5).
    ///
    /// # Errors
    ///
    /// As every operation of [`User`].
    pub async fn read_accounts(&self) -> Result<Vec<Account>> {
        let url = self.client().api(&["permission-access", "accounts"])?;
        let template = "permission-access/accounts";
        self.json(&Request::new(Operation::ReadAccounts, Method::GET, url, template)).await
    }
}

//! An account, as administration shows it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::clock::Moment;
use crate::domain::library::Account;

/// An account of a user.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UserAccount")]
pub(super) struct AccountJson {
    id: String,
    /// The name of its source.
    source: String,
    /// The source's number in the catalogue.
    source_id: u32,
    /// The person's name at the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// What the source delivers.
    data_set: String,
    /// Whether it was connected by sample data.
    sample: bool,
    /// When it was connected, in milliseconds since 1970.
    connected: i64,
    /// When its source was last asked, in milliseconds since 1970; absent if it never was.
    #[serde(skip_serializing_if = "Option::is_none")]
    synced: Option<i64>,
    /// What ends a sync that begins now; absent if nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<SourceError>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SourceError {
    code: String,
    status_code: u16,
    message: String,
    /// Whether the user must log in again.
    reauth: bool,
}

impl AccountJson {
    pub(super) fn of(account: &Account, now: Moment) -> Self {
        Self {
            id: account.id.clone(),
            source: account.source.name.clone(),
            source_id: account.source.id,
            username: account.dataset.account.username.clone(),
            data_set: account.dataset.id.clone(),
            sample: account.sample,
            connected: account.connected.millis(),
            synced: account.syncs.back().map(|at| at.millis()),
            error: account.error(now).map(|error| SourceError {
                code: error.code,
                status_code: error.status_code,
                message: error.message,
                reauth: error.reauth,
            }),
        }
    }
}

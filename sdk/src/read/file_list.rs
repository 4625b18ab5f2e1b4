//! The file list of a session and the state of its sync
//! (protocol reference, http-api §4.2).

use std::collections::BTreeMap;
use std::time::SystemTime;

use http::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::client::user::User;
use crate::clock;
use crate::error::{Operation, Result};
use crate::http::endpoint;
use crate::http::json;
use crate::http::request::Request;
use crate::ids::{AccountId, FileName, SessionKey};
use crate::read::metadata::Schema;
use crate::text_enum::text_enum;

/// State and files of a session.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct FileList {
    /// State of the sync.
    pub status: SyncStatus,
    /// Files so far; final once the state is [`SyncState::is_final`].
    #[serde(default, rename = "fileList", deserialize_with = "json::null_is_empty")]
    pub files: Vec<FileEntry>,
}

/// State of a session's sync.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct SyncStatus {
    /// State of the whole session.
    pub state: SyncState,
    /// State of each account.
    #[serde(default, deserialize_with = "json::null_is_empty")]
    pub details: BTreeMap<AccountId, AccountStatus>,
}

text_enum! {
    /// State of a sync, of the whole session or of one account. A state this
    /// version does not know is taken as not final.
    SyncState {
        /// Waiting for the user's permission.
        Pending = "pending",
        /// Files may still appear or change.
        Running = "running",
        /// Done, but some accounts failed or timed out.
        Partial = "partial",
        /// Done.
        Completed = "completed",
    }
}

impl SyncState {
    /// Whether the file list will not change any more.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Partial | Self::Completed)
    }
}

/// State of one account's sync.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct AccountStatus {
    /// State of the account.
    pub state: SyncState,
    /// What went wrong, if the state is [`SyncState::Partial`].
    #[serde(default)]
    pub error: Option<AccountError>,
}

/// Why an account is incomplete (protocol reference, errors §1.4).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AccountError {
    /// Code, such as `ServiceAuthorizationError`.
    pub code: String,
    /// Status, such as 511. Not the HTTP status of the answer.
    #[serde(default, deserialize_with = "json::optional_integer")]
    pub status_code: Option<i64>,
    /// Explanation.
    #[serde(default)]
    pub message: Option<String>,
    /// The user must log in to this account again.
    #[serde(default)]
    pub reauth: Option<bool>,
    /// Not before this time, in **milliseconds** since 1970.
    #[serde(default, deserialize_with = "json::optional_integer")]
    pub retry_after: Option<i64>,
    /// Failures of single object types, as sent.
    #[serde(default, deserialize_with = "json::null_is_empty")]
    pub object_type_errors: Vec<Value>,
}

/// One file of a session.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FileEntry {
    /// Name of the file, unique in the session.
    pub name: FileName,
    /// When the file changed, in **milliseconds** since 1970. Some servers write
    /// other units: only compare the values of one file.
    #[serde(deserialize_with = "json::integer")]
    pub updated_date: i64,
    /// Format of the objects.
    #[serde(default)]
    pub schema: Option<Schema>,
    /// Name of the service group.
    #[serde(default)]
    pub service_group: Option<String>,
    /// Reference of the service.
    #[serde(default)]
    pub service_name: Option<String>,
    /// Name of the object type.
    #[serde(default)]
    pub object_type: Option<String>,
    /// Deprecated by the platform in favour of `schema`.
    #[serde(default)]
    pub object_version: Option<String>,
    /// Number of objects.
    #[serde(default, deserialize_with = "json::optional_integer")]
    pub object_count: Option<i64>,
}

impl FileEntry {
    /// [`FileEntry::updated_date`] as a time, if the platform can express it.
    #[must_use]
    pub fn updated_at(&self) -> Option<SystemTime> {
        clock::from_unix_millis(self.updated_date)
    }
}

impl User {
    /// Reads state and files of a session once
    /// (protocol reference, http-api §4.2).
    ///
    /// # Errors
    ///
    /// As every operation of [`User`].
    pub async fn read_file_list(&self, session: &SessionKey) -> Result<FileList> {
        let path = ["permission-access", "query", session.expose()];
        let url = endpoint::append(&self.client().shared().api, "session key", &path)?;
        let template = "permission-access/query/{sessionKey}";
        let request = Request::new(Operation::ReadFileList, Method::GET, url, template);
        self.json(&request.hiding(session.expose())).await
    }
}

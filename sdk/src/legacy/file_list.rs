//! File lists: names alone before v1.4, entries and a status since then
//! (protocol reference, legacy/endpoints §2).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};
use crate::http::json;
use crate::ids::{AccountId, FileName};
use crate::legacy::generation::Generation;
use crate::legacy::json_object::{self, WRONG_ANSWER};
use crate::read::file_list::{AccountError, AccountStatus, FileEntry, FileList, SyncState, SyncStatus};

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    status: Option<WireStatus>,
    #[serde(default, rename = "fileList", deserialize_with = "json::null_is_empty")]
    files: Vec<WireEntry>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WireEntry {
    Name(FileName),
    Entry(FileEntry),
}

#[derive(Deserialize)]
struct WireStatus {
    state: SyncState,
    #[serde(default, deserialize_with = "json::null_is_empty")]
    details: BTreeMap<AccountId, WireAccount>,
}

#[derive(Deserialize)]
struct WireAccount {
    state: SyncState,
    #[serde(default)]
    error: Option<WireError>,
}

/// The union of what servers and documentation show: no two clients need the same.
#[derive(Deserialize)]
struct WireError {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default, rename = "statusCode", deserialize_with = "json::optional_integer")]
    status_code: Option<i64>,
    #[serde(default, rename = "statuscode", deserialize_with = "json::optional_integer")]
    lower_status_code: Option<i64>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    error: Option<InnerError>,
}

#[derive(Deserialize)]
struct InnerError {
    #[serde(default)]
    message: Option<String>,
    #[serde(default, deserialize_with = "json::optional_integer")]
    retryafter: Option<i64>,
}

impl From<WireError> for AccountError {
    fn from(wire: WireError) -> Self {
        let (inner_message, retry_after) =
            wire.error.map_or((None, None), |inner| (inner.message, inner.retryafter));
        Self {
            code: wire.code.or(wire.status).unwrap_or_default(),
            status_code: wire.status_code.or(wire.lower_status_code),
            message: wire.message.or(inner_message),
            reauth: None,
            retry_after,
            object_type_errors: Vec::new(),
        }
    }
}

impl From<WireStatus> for SyncStatus {
    fn from(wire: WireStatus) -> Self {
        let account = |account: WireAccount| AccountStatus {
            state: account.state,
            error: account.error.map(AccountError::from),
        };
        let details = wire.details.into_iter().map(|(id, wire)| (id, account(wire))).collect();
        Self { state: wire.state, details }
    }
}

impl From<WireEntry> for FileEntry {
    fn from(wire: WireEntry) -> Self {
        match wire {
            WireEntry::Entry(entry) => entry,
            WireEntry::Name(name) => Self {
                name,
                updated_date: 0,
                schema: None,
                service_group: None,
                service_name: None,
                object_type: None,
                object_version: None,
                object_count: None,
            },
        }
    }
}

/// Reads a list of any generation. Before v1.4 a list has no status, and its files
/// are all there are: it is complete.
pub(crate) fn parse(generation: Generation, body: &[u8]) -> Result<FileList> {
    let Wire { status, files } = json_object::parse_as(ErrorKind::Decode, WRONG_ANSWER, body)?;
    let status = match status {
        Some(status) => status.into(),
        None if generation.is_first() => SyncStatus { state: SyncState::Completed, details: BTreeMap::new() },
        None => {
            let what = "the answer is not what the protocol describes: missing field `status`";
            return Err(Error::new(ErrorKind::Decode, what));
        }
    };
    Ok(FileList { status, files: files.into_iter().map(FileEntry::from).collect() })
}

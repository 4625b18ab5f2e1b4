//! Read sessions: their options, their key, and starting one.

use std::time::{Duration, SystemTime};

use http::Method;
use serde::{Deserialize, Serialize};

use crate::client::agent::Agent;
use crate::client::user::User;
use crate::clock;
use crate::download::compression::Compression;
use crate::error::{Operation, Result};
use crate::http::json;
use crate::http::request::Request;
use crate::ids::{AccountId, SessionKey};
use crate::read::scope::Scope;

/// The context of one data read (protocol reference, README §3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Session {
    /// Addresses file list and files; redacted in `Debug`.
    pub key: SessionKey,
    /// Expiry in **milliseconds** since 1970 (protocol reference, http-api §1.4).
    #[serde(deserialize_with = "json::integer")]
    pub expiry: i64,
}

impl Session {
    /// When the session expires, if the platform can express that time.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        clock::from_unix_millis(self.expiry)
    }
}

/// What a session shall fetch (protocol reference, http-api §1.7).
///
/// ```
/// use std::time::Duration;
/// use digime::{Compression, Scope, SessionOptions, TimeRange};
///
/// let options = SessionOptions::new()
///     .source_fetch_limit(Duration::from_secs(60))
///     .scope(Scope::new().time_range(TimeRange::last_days(30)))
///     .accept_compression(Compression::Gzip);
/// assert_eq!(
///     serde_json::to_value(&options).unwrap(),
///     serde_json::json!({
///         "limits": {"duration": {"sourceFetch": 60}},
///         "scope": {"timeRanges": [{"last": "30d"}]},
///         "accept": {"compression": "gzip"}
///     })
/// );
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Limits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Scope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_fetch: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_fetch_filter: Option<SourceFetchFilter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accept: Option<Accept>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Limits {
    duration: LimitDuration,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct LimitDuration {
    source_fetch: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct SourceFetchFilter {
    account: AccountFilter,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct AccountFilter {
    id: Vec<AccountId>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Accept {
    pub(crate) compression: Compression,
}

impl Limits {
    pub(crate) fn of_source_fetch(limit: Duration) -> Self {
        // Rounded up, because 0 means no limit.
        let source_fetch = limit.as_secs().saturating_add(u64::from(limit.subsec_nanos() > 0));
        Self { duration: LimitDuration { source_fetch } }
    }
}

impl SessionOptions {
    /// Everything the contract allows, freshly fetched.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Time the platform may spend fetching from sources, sent in whole seconds, rounded
    /// up; zero means unlimited. Accounts that exceed it end as `partial`.
    #[must_use]
    pub fn source_fetch_limit(mut self, limit: Duration) -> Self {
        self.limits = Some(Limits::of_source_fetch(limit));
        self
    }

    /// Narrows the session.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// `false`: only what is in the library already, nothing fetched anew.
    #[must_use]
    pub fn source_fetch(mut self, fetch: bool) -> Self {
        self.source_fetch = Some(fetch);
        self
    }

    /// Fetches from these accounts only.
    #[must_use]
    pub fn source_fetch_accounts<A: Into<AccountId>>(
        mut self,
        accounts: impl IntoIterator<Item = A>,
    ) -> Self {
        let id = accounts.into_iter().map(Into::into).collect();
        self.source_fetch_filter = Some(SourceFetchFilter { account: AccountFilter { id } });
        self
    }

    /// Asks for files in this compression. The SDK reads all of them anyway.
    #[must_use]
    pub fn accept_compression(mut self, compression: Compression) -> Self {
        self.accept = Some(Accept { compression });
        self
    }
}

#[derive(Serialize)]
struct Trigger<'a> {
    agent: &'a Agent,
    #[serde(flatten)]
    options: &'a SessionOptions,
}

#[derive(Deserialize)]
struct TriggerAnswer {
    session: Session,
}

impl User {
    /// Starts a read session and a sync of the library with its sources
    /// (protocol reference, http-api §4.1).
    ///
    /// # Errors
    ///
    /// As every operation of [`User`]; [`crate::ErrorKind::Api`] with
    /// `ScopeOutOfBounds` if the options exceed the contract. The request is
    /// repeated after a token refresh only, never after a server failure.
    pub async fn read_session(&self, options: SessionOptions) -> Result<Session> {
        let shared = self.client().shared();
        let url = self.client().api(&["permission-access", "trigger"])?;
        let body = Trigger { agent: &shared.agent, options: &options };
        let request = Request::new(Operation::ReadSession, Method::POST, url, "permission-access/trigger")
            .json(&body)?;
        let answer: TriggerAnswer = self.json(&request).await?;
        Ok(answer.session)
    }
}

//! Sessions that the application establishes before the user consents
//! (protocol reference, legacy/endpoints §1).

use std::time::{Duration, SystemTime};

use http::Method;
use serde::{Deserialize, Serialize};

use crate::client::agent::Sdk;
use crate::clock;
use crate::contract::Contract;
use crate::crypto::secret::secret_newtype;
use crate::download::compression::Compression;
use crate::error::{Operation, Result};
use crate::http::json;
use crate::http::request::Request;
use crate::ids::SessionKey;
use crate::legacy::client::{LegacyClient, parse};
use crate::read::scope::Scope;
use crate::read::session::{Accept, Limits, Session};

secret_newtype! {
    /// What the guest page knows a session by.
    ///
    /// **Legacy**, v1 to v1.5; today's consent page takes a code
    /// (protocol reference, legacy/endpoints §1).
    SessionExchangeToken
}

/// A session that waits for the user's consent.
///
/// **Legacy**, v1 to v1.6; today a session comes from
/// [`crate::Client::authorize_url`] or [`crate::User::read_session`]
/// (protocol reference, legacy/endpoints §1). It serialises with its secrets: keep
/// it where nobody else can read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LegacySession {
    /// Addresses the session everywhere; whoever knows it can ask for its files.
    pub session_key: SessionKey,
    /// Addresses the session on the guest page.
    pub session_exchange_token: SessionExchangeToken,
    /// Expiry in **milliseconds** since 1970.
    #[serde(deserialize_with = "json::integer")]
    pub expiry: i64,
}

impl LegacySession {
    /// When the session expires, if the platform can express that time.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        clock::from_unix_millis(self.expiry)
    }

    pub(crate) fn to_session(&self) -> Session {
        Session { key: self.session_key.clone(), expiry: self.expiry }
    }
}

/// What a session shall contain: its scope and limits, and the compression of its
/// files.
///
/// **Legacy**, v1 to v1.6; today [`crate::SessionOptions`]
/// (protocol reference, legacy/endpoints §1, §5, §8).
///
/// ```
/// use digime::legacy::SessionRequest;
/// use digime::{Scope, TimeRange};
///
/// let request = SessionRequest::new().scope(Scope::new().time_range(TimeRange::last_months(3)));
/// assert_eq!(
///     serde_json::to_value(&request).unwrap(),
///     serde_json::json!({"scope": {"timeRanges": [{"last": "3m"}]}, "accept": {"compression": "gzip"}})
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Limits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Scope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accept: Option<Accept>,
}

impl Default for SessionRequest {
    fn default() -> Self {
        Self { limits: None, scope: None, accept: Some(Accept { compression: Compression::Gzip }) }
    }
}

impl SessionRequest {
    /// Everything the contract allows, in files compressed with gzip.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Narrows the session.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Time the platform may spend fetching from sources, in whole seconds.
    #[must_use]
    pub fn source_fetch_limit(mut self, limit: Duration) -> Self {
        self.limits = Some(Limits::of_source_fetch(limit));
        self
    }

    /// Asks for another compression of files; [`Compression::None`] does not ask for
    /// any.
    #[must_use]
    pub fn accept_compression(mut self, compression: Compression) -> Self {
        self.accept = (compression != Compression::None).then_some(Accept { compression });
        self
    }
}

/// An answer of v1.6 that starts a session, whatever else it holds.
#[derive(Deserialize)]
pub(crate) struct WithSession {
    pub(crate) session: Session,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Establish<'a> {
    app_id: &'a str,
    contract_id: &'a str,
    sdk_agent: &'a Sdk,
    #[serde(flatten)]
    request: &'a SessionRequest,
}

impl LegacyClient {
    /// Establishes a session, which the user then consents to.
    ///
    /// **Legacy**, v1 to v1.6; today [`crate::Client::authorize_url`] starts with a
    /// session (protocol reference, legacy/endpoints §1).
    ///
    /// A notice of the server about the age of this SDK (`x-digi-sdk-status`) is
    /// written as a warning to [`tracing`], here and with every other answer in JSON.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Api`], among others with `SDKInvalid` or
    /// `SDKVersionInvalid` (see [`crate::ClientBuilder::agent`]) and
    /// `ScopeOutOfBounds`; [`crate::ErrorKind::Transport`],
    /// [`crate::ErrorKind::Timeout`], [`crate::ErrorKind::Decode`].
    ///
    /// ```no_run
    /// use digime::legacy::{Generation, SessionRequest};
    ///
    /// # async fn start(client: digime::Client, contract: digime::Contract) -> Result<(), digime::Error> {
    /// let legacy = client.legacy(Generation::V1_4);
    /// let session = legacy.establish_session(&contract, SessionRequest::new()).await?;
    /// let link = legacy.consent_link(&session, "https://app.example/return")?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn establish_session(
        &self,
        contract: &Contract,
        request: SessionRequest,
    ) -> Result<LegacySession> {
        let operation = Operation::EstablishSession;
        let body = Establish {
            app_id: self.client().application_id(),
            contract_id: contract.id().as_str(),
            sdk_agent: &self.client().shared().agent.sdk,
            request: &request,
        };
        let url = self.url("api_url", &["permission-access", "session"])?;
        let request = Request::new(operation, Method::POST, url, "permission-access/session").json(&body)?;
        parse(operation, &self.send(&request, None).await?)
    }
}

//! The client of one older generation: its root, its key sets, its requests.

use std::fmt;
use std::sync::Arc;

use http::header::HeaderMap;
use serde::de::DeserializeOwned;
use url::Url;

use crate::client::Client;
use crate::contract::Contract;
use crate::error::{Operation, Result};
use crate::http::endpoint;
use crate::http::json;
use crate::http::jwt::{Claims, Signer};
use crate::http::request::Request;
use crate::http::transport::{Answer, UpTo};
use crate::legacy::generation::Generation;
use crate::legacy::shared_refresh::PairsInUse;
use crate::tokens::key_set_cache::KeySets;

/// A [`Client`] that speaks one older generation of the API; see
/// [`Client::legacy`]. Cheap to clone; calls of clones that are under way with the same
/// token pair share one refresh.
///
/// **Legacy**, v1 to v1.6; today's generation is [`Client`] itself
/// (protocol reference, legacy §1).
#[derive(Clone)]
pub struct LegacyClient {
    client: Client,
    generation: Generation,
    root: Url,
    key_sets: Arc<KeySets>,
    pairs_in_use: Arc<PairsInUse>,
}

impl Client {
    /// This client for an older generation of the API: the same application,
    /// proxies, limits, retries and observer.
    ///
    /// **Legacy.** Only for servers that do not speak `v1.7`, or to keep consents
    /// of old applications alive. If the last segment of
    /// [`Client::api_url`] is a version, the generation's takes its place, else it
    /// is appended (protocol reference, legacy §1). Clones share refreshes and key sets,
    /// so make it once for each generation.
    ///
    /// ```
    /// use digime::legacy::Generation;
    ///
    /// # fn main() -> Result<(), digime::Error> {
    /// let client = digime::Client::builder("app").origin("http://127.0.0.1:8080").build()?;
    /// let legacy = client.legacy(Generation::V1_4);
    /// assert_eq!(legacy.api_url().as_str(), "http://127.0.0.1:8080/v1.4/");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn legacy(&self, generation: Generation) -> LegacyClient {
        let root = root_of(self.api_url(), generation);
        let key_sets = Arc::new(self.shared().key_sets.with_root(&root));
        LegacyClient { client: self.clone(), generation, root, key_sets, pairs_in_use: Arc::default() }
    }
}

impl LegacyClient {
    /// The generation that this client speaks.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Root of the API in this generation, with its final slash.
    #[must_use]
    pub fn api_url(&self) -> &Url {
        &self.root
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn pairs_in_use(&self) -> &PairsInUse {
        &self.pairs_in_use
    }

    pub(crate) fn url(&self, field: &str, segments: &[&str]) -> Result<Url> {
        endpoint::append(&self.root, field, segments)
    }

    /// `scheme://host:port` of the API; guest pages are below it.
    pub(crate) fn origin(&self) -> String {
        endpoint::origin(&self.root)
    }

    /// Sends a request and keeps its answer.
    pub(crate) async fn send(&self, request: &Request, signer: Option<&Signer<'_>>) -> Result<Answer> {
        let transport = self.client.transport();
        let answer = transport.send(request, signer, &UpTo(transport.max_json_size())).await?;
        warn_of_notice(&answer.headers);
        Ok(answer)
    }

    pub(crate) fn signer<'a>(&self, contract: &'a Contract, claims: Claims<'a>) -> Signer<'a> {
        self.client.signer(contract, claims)
    }

    /// Verifies a token of the server with the key sets of this generation.
    pub(crate) async fn verified<T: DeserializeOwned>(
        &self,
        operation: Operation,
        token: &str,
        headers: &HeaderMap,
    ) -> Result<T> {
        let verified = self.key_sets.verify(self.client.transport(), token, headers).await;
        verified.map_err(|error| error.with_operation(operation))
    }
}

pub(crate) fn parse<T: DeserializeOwned>(operation: Operation, answer: &Answer) -> Result<T> {
    json::parse(&answer.body).map_err(|error| error.with_operation(operation))
}

impl fmt::Debug for LegacyClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LegacyClient")
            .field("application_id", &self.client.application_id())
            .field("api_url", &self.root.as_str())
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

fn root_of(api: &Url, generation: Generation) -> Url {
    let path = api.path().trim_end_matches('/');
    let (folder, last) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = if is_version(last) { folder } else { path };
    let mut root = api.clone();
    root.set_path(&format!("{folder}/{generation}/"));
    root
}

/// `v1`, `v1.7`, …
fn is_version(segment: &str) -> bool {
    let numbers = segment.strip_prefix('v').unwrap_or_default();
    numbers.starts_with(|c: char| c.is_ascii_digit())
        && numbers.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// Tells of what the server says about the age of this SDK
/// (protocol reference, legacy/errors §6).
fn warn_of_notice(headers: &HeaderMap) {
    const LONGEST: usize = 300;
    let text = |name: &str| {
        let value = String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned();
        Some(value.chars().take(LONGEST).collect::<String>())
    };
    if let Some(status) = text("x-digi-sdk-status") {
        let message = text("x-digi-sdk-status-message").unwrap_or_default();
        tracing::warn!(?status, ?message, "the server has a notice about this SDK");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_the_root_is_replaced_or_appended() {
        for (api, expected) in [
            ("https://api.example/v1.7/", "https://api.example/v1.4/"),
            ("https://api.example/v1/", "https://api.example/v1.4/"),
            ("https://api.example/", "https://api.example/v1.4/"),
            ("https://api.example/proxy/v1.7/", "https://api.example/proxy/v1.4/"),
            ("https://api.example/digime/", "https://api.example/digime/v1.4/"),
            ("https://api.example/vault/", "https://api.example/vault/v1.4/"),
        ] {
            assert_eq!(root_of(&Url::parse(api).unwrap(), Generation::V1_4).as_str(), expected);
        }
    }
}

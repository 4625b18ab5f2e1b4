//! Key sets of the server as they are kept: how long, how often they are read again,
//! and what holds while they cannot be read.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::Method;
use http::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::clock;
use crate::crypto::jwk::VerifyingKey;
use crate::error::{Error, Operation, Result};
use crate::http::endpoint;
use crate::http::request::Request;
use crate::http::transport::{Transport, UpTo};
use crate::tokens::key_set;
use crate::tokens::server_token::{Unverified, rejected};
use crate::tokens::trusted_key_sets::TrustedKeySets;

/// As long as the iOS client keeps a key set (crypto §3.3).
const KEEP: Duration = Duration::from_secs(15 * 60);
/// How long the keys of a set are still taken when it cannot be read.
const KEEP_UNREADABLE: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a set that could not be read is left alone, if its keys are taken meanwhile.
const RETRY_UNREADABLE: Duration = Duration::from_secs(60);
/// A key set is read at most this often.
const REREAD_EVERY: Duration = Duration::from_secs(1);
const MAX_BYTES: usize = 1024 * 1024;
const MAX_SETS: usize = 32;

/// The cache of key sets.
pub(crate) struct KeySets {
    trusted: TrustedKeySets,
    keep: Duration,
    cached: Mutex<HashMap<Url, KeySet>>,
    /// Held by the one that reads, over its request: whoever waits for it takes what it found.
    attempts: tokio::sync::Mutex<HashMap<Url, Attempt>>,
}

struct KeySet {
    keys: Vec<Value>,
    read: Instant,
    /// When it is to be read again.
    until: Instant,
}

/// The last time that a key set was asked for.
struct Attempt {
    began: Instant,
    ended: Instant,
    failure: Option<Error>,
}

impl KeySets {
    pub(crate) fn new(trusted: TrustedKeySets) -> Self {
        Self { trusted, keep: KEEP, cached: Mutex::default(), attempts: tokio::sync::Mutex::default() }
    }

    /// A cache of its own that trusts a further root of the same API.
    #[cfg(feature = "legacy")]
    pub(crate) fn with_root(&self, root: &Url) -> Self {
        Self::new(self.trusted.with_root(root))
    }

    /// Verifies a token of the server and reads its payload. `headers` are those
    /// of the answer that brought it, to recognise a wrong clock.
    pub(crate) async fn verify<T: DeserializeOwned>(
        &self,
        transport: &Transport,
        token: &str,
        headers: &HeaderMap,
    ) -> Result<T> {
        let token = Unverified::read(token)?;
        if !self.trusted.accepts(&token.jku) {
            let told = format!("its key set is at {}, which is not trusted", endpoint::origin(&token.jku));
            return Err(
                rejected(told).advice("if that server is yours, add it with ClientBuilder::trust_jku")
            );
        }
        let key = self.key(transport, &token.jku, &token.kid).await?;
        token.verified(&key, headers)
    }

    async fn key(&self, transport: &Transport, jku: &Url, kid: &str) -> Result<VerifyingKey> {
        if let Some(key) = self.known(jku, kid) {
            return key;
        }
        let asked = clock::instant();
        let mut attempts = self.attempts.lock().await;
        if let Some(key) = self.known(jku, kid) {
            return key;
        }
        match attempts.get(jku) {
            None => {}
            // One failure answers all who waited for it, and so does one set without the key.
            Some(Attempt { ended, failure: Some(failure), .. }) if *ended >= asked => {
                return Err(failure.clone());
            }
            Some(Attempt { began, failure: None, .. }) if *began >= asked => return self.find(jku, kid),
            // The token is the answer to a request of this client, often one that cannot be made
            // again: it waits until the set may be read, instead of being refused unseen.
            Some(Attempt { began, .. }) => {
                let ago = clock::instant().duration_since(*began);
                tokio::time::sleep(REREAD_EVERY.saturating_sub(ago)).await;
            }
        }
        let began = clock::instant();
        let answer = fetch(transport, jku).await;
        let ended = clock::instant();
        // A server may name any path below its root: the cache must not grow with them.
        if attempts.len() >= MAX_SETS && !attempts.contains_key(jku) {
            attempts.clear();
            self.lock().clear();
        }
        attempts.insert(jku.clone(), Attempt { began, ended, failure: answer.as_ref().err().cloned() });
        match answer {
            Ok(keys) => {
                self.lock().insert(jku.clone(), KeySet { keys, read: ended, until: ended + self.keep });
                self.find(jku, kid)
            }
            Err(failure) => {
                if failure.is_retryable() {
                    self.prolong(jku, ended);
                }
                self.known(jku, kid).unwrap_or(Err(failure))
            }
        }
    }

    /// The key of that id, if the set need not be read for it.
    fn known(&self, jku: &Url, kid: &str) -> Option<Result<VerifyingKey>> {
        let cached = self.lock();
        let set = cached.get(jku).filter(|set| clock::instant() < set.until)?;
        key_set::has(&set.keys, kid).then(|| key_set::find(&set.keys, kid))
    }

    /// The key of that id in the set as it was read last.
    fn find(&self, jku: &Url, kid: &str) -> Result<VerifyingKey> {
        key_set::find(self.lock().get(jku).map_or(&[], |set| &set.keys), kid)
    }

    /// Goes on with the keys of a set that cannot be read: no answer takes no key back, as a set
    /// without the key does.
    fn prolong(&self, jku: &Url, now: Instant) {
        if let Some(set) = self.lock().get_mut(jku) {
            set.until = set.until.max((now + RETRY_UNREADABLE).min(set.read + KEEP_UNREADABLE));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Url, KeySet>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn fetch(transport: &Transport, jku: &Url) -> Result<Vec<Value>> {
    let request = Request::new(Operation::KeySet, Method::GET, jku.clone(), "jwks");
    let answer = transport.send(&request, None, &UpTo(MAX_BYTES)).await?;
    key_set::keys_of(&answer.body)
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use wiremock::matchers::any;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::error::ErrorKind;
    use crate::{Client, RetryPolicy};

    const KEY_SET: &str = include_str!("../../../fixtures/vectors/jwks.json");
    const KID: &str = "demo-signing-key-1";

    struct Tried {
        server: MockServer,
        client: Client,
        sets: KeySets,
        jku: Url,
    }

    impl Tried {
        /// A cache whose sets are to be read again at once.
        async fn new() -> Self {
            let server = MockServer::start().await;
            let retry = RetryPolicy::default().attempts(2).base_delay(Duration::ZERO).jitter(Duration::ZERO);
            let client = Client::builder("app").origin(server.uri()).retry(retry).build().unwrap();
            let trusted = TrustedKeySets::new(client.api_url(), &[]).unwrap();
            let jku = client.api_url().join("/jwks/oauth").unwrap();
            Self { server, client, sets: KeySets { keep: Duration::ZERO, ..KeySets::new(trusted) }, jku }
        }

        async fn answers(&self, status: u16, body: &str) {
            self.server.reset().await;
            let answer = ResponseTemplate::new(status).set_body_string(body);
            Mock::given(any()).respond_with(answer).mount(&self.server).await;
        }

        async fn key(&self, kid: &str) -> Result<VerifyingKey> {
            self.sets.key(self.client.transport(), &self.jku, kid).await
        }

        async fn requests(&self) -> usize {
            self.server.received_requests().await.map_or(0, |requests| requests.len())
        }
    }

    #[tokio::test]
    async fn keys_are_taken_while_their_set_cannot_be_read_and_not_once_it_lacks_them() {
        let tried = Tried::new().await;
        tried.answers(200, KEY_SET).await;
        let key = tried.key(KID).await.unwrap();
        tried.answers(503, "").await;
        assert_eq!(tried.key(KID).await.unwrap(), key);
        let unknown = tried.key("another").await.unwrap_err();
        assert!(unknown.is_retryable() && unknown.operation() == Some(Operation::KeySet), "{unknown}");
        // No refresh has to wait until the reading has failed once more.
        let before = tried.requests().await;
        tried.key(KID).await.unwrap();
        assert_eq!(tried.requests().await, before);
        for (status, body) in [(200, r#"{"keys":[]}"#), (404, "")] {
            tried.sets.lock().get_mut(&tried.jku).unwrap().until = clock::instant();
            tried.answers(status, body).await;
            let refused = tried.key(KID).await.unwrap_err();
            assert!(!refused.is_retryable(), "{status}: {refused}");
        }
    }

    #[tokio::test]
    async fn one_reading_answers_all_who_wait_for_it() {
        let tried = Tried::new().await;
        tried.answers(503, "").await;
        let failed = join_all((0..20).map(|_| tried.key(KID))).await;
        assert!(failed.iter().all(|key| key.as_ref().is_err_and(Error::is_retryable)));
        assert_eq!(tried.requests().await, 2, "the attempts of one request");

        tried.answers(200, KEY_SET).await;
        let refused = join_all((0..20).map(|_| tried.key("another"))).await;
        let is_rejected = |error: &Error| error.kind() == ErrorKind::TokenRejected;
        assert!(refused.iter().all(|key| key.as_ref().is_err_and(is_rejected)));
        assert_eq!(tried.requests().await, 1);
    }

    #[tokio::test]
    async fn a_set_that_was_just_read_is_read_again_for_a_new_key() {
        let tried = Tried::new().await;
        tried.answers(200, r#"{"keys":[]}"#).await;
        tried.key(KID).await.unwrap_err();
        tried.answers(200, KEY_SET).await;
        tried.key(KID).await.unwrap();
    }
}

//! Key sets of the server: which are trusted, how long they are kept, and the
//! verification of tokens with them (protocol reference, crypto §3).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use http::header::HeaderMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use crate::clock;
use crate::crypto::jwk::VerifyingKey;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::http::endpoint;
use crate::http::failure;
use crate::http::json;
use crate::http::request::Request;
use crate::http::transport::{Transport, UpTo};

/// As long as the iOS client keeps a key set (crypto §3.3).
const KEEP: Duration = Duration::from_secs(15 * 60);
/// Unknown key ids re-read a key set at most this often.
const REREAD_EVERY: Duration = Duration::from_secs(30);
const MAX_BYTES: usize = 1024 * 1024;
const MAX_KEYS: usize = 100;
const MAX_SETS: usize = 32;
/// Tolerated difference of clocks for `exp` and `nbf`, in seconds.
const LEEWAY: f64 = 60.0;

/// Key-set URLs that tokens may name.
#[derive(Debug, Clone)]
pub(crate) struct TrustedKeySets {
    /// Roots of the API, of as many generations as requests go to.
    roots: Vec<Url>,
    at_origin: Url,
    further: Vec<Url>,
}

impl TrustedKeySets {
    pub(crate) fn new(api: &Url, further: &[String]) -> Result<Self> {
        let at_origin = api
            .join("/jwks/oauth")
            .map_err(|error| Error::config("api_url", format!("has no origin ({error})")))?;
        let further = further.iter().map(|text| parse_trusted(text)).collect::<Result<_>>()?;
        Ok(Self { roots: vec![api.clone()], at_origin, further })
    }

    /// `{origin}/jwks/oauth`, anything below the API root, and what the user added.
    pub(crate) fn accepts(&self, jku: &Url) -> bool {
        if !jku.username().is_empty() || jku.password().is_some() || jku.fragment().is_some() {
            return false;
        }
        // Whoever forges a token also chooses its `jku`, so only key sets at addresses
        // that requests go to anyway are asked, and those the application vouches for.
        *jku == self.at_origin
            || self.roots.iter().any(|root| is_below(root, jku))
            || self
                .further
                .iter()
                .any(|trusted| trusted == jku || (trusted.path() == "/" && trusted.origin() == jku.origin()))
    }
}

fn is_below(root: &Url, jku: &Url) -> bool {
    jku.origin() == root.origin() && jku.query().is_none() && jku.path().starts_with(root.path())
}

fn parse_trusted(text: &str) -> Result<Url> {
    let field = "trust_jku";
    let url = Url::parse(text)
        .map_err(|error| Error::config(field, format!("is not an absolute URL ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() {
        return Err(Error::config(field, "must be an http or https URL without user name"));
    }
    Ok(url)
}

/// The cache of key sets.
pub(crate) struct KeySets {
    trusted: TrustedKeySets,
    cached: Mutex<HashMap<Url, KeySet>>,
}

struct KeySet {
    keys: Arc<Vec<Value>>,
    read: Instant,
    reread: Option<Instant>,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    jku: Value,
    #[serde(default)]
    kid: Value,
    #[serde(default)]
    crit: Option<Value>,
}

impl KeySets {
    pub(crate) fn new(trusted: TrustedKeySets) -> Self {
        Self { trusted, cached: Mutex::new(HashMap::new()) }
    }

    /// A cache of its own that trusts a further root of the same API.
    #[cfg(feature = "legacy")]
    pub(crate) fn with_root(&self, root: &Url) -> Self {
        let mut trusted = self.trusted.clone();
        trusted.roots.push(root.clone());
        Self::new(trusted)
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
        let mut cached = self.cached.lock().await;
        let now = clock::instant();
        if let Some(set) = cached.get_mut(jku)
            && now.duration_since(set.read) < KEEP
        {
            let known = set.keys.iter().any(|entry| entry_id(entry) == Some(kid));
            let reread = set.reread.is_none_or(|last| now.duration_since(last) >= REREAD_EVERY);
            if known || !reread {
                return find(&set.keys, kid);
            }
            // Counted before the request, so that failing ones are limited too.
            set.reread = Some(now);
        }
        let keys = Arc::new(fetch(transport, jku).await?);
        // A server may name any path below its root: the cache must not grow with them.
        if cached.len() >= MAX_SETS && !cached.contains_key(jku) {
            cached.clear();
        }
        let reread = cached.get(jku).and_then(|set| set.reread);
        cached.insert(jku.clone(), KeySet { keys: Arc::clone(&keys), read: now, reread });
        find(&keys, kid)
    }
}

/// A token that was read, not believed.
pub(crate) struct Unverified<'a> {
    message: &'a str,
    payload: &'a str,
    signature: &'a str,
    /// Where it says that its key is.
    pub(crate) jku: Url,
    /// What it says that its key is called.
    pub(crate) kid: String,
}

impl<'a> Unverified<'a> {
    pub(crate) fn read(token: &'a str) -> Result<Self> {
        let (message, signature) = token.rsplit_once('.').ok_or_else(|| rejected("it is not a JWT"))?;
        let (header, payload) = message.split_once('.').ok_or_else(|| rejected("it is not a JWT"))?;
        let header: Header = part(header, "header")?;
        // A token must not choose how it is checked (RFC 8725 §3.1).
        if header.alg != "PS512" {
            return Err(rejected("its algorithm is not PS512"));
        }
        if header.crit.is_some() {
            return Err(rejected("it has critical header members this version does not know"));
        }
        let (Value::String(jku), Value::String(kid)) = (header.jku, header.kid) else {
            return Err(rejected("its header does not name `jku` and `kid`"));
        };
        let jku = Url::parse(&jku).map_err(|_| rejected("its `jku` is not a URL"))?;
        Ok(Self { message, payload, signature, jku, kid })
    }

    /// Verifies it with the key that it names, and reads its payload.
    pub(crate) fn verified<T: DeserializeOwned>(&self, key: &VerifyingKey, headers: &HeaderMap) -> Result<T> {
        let signature = decode(self.signature);
        if !signature.is_some_and(|signature| key.verifies(self.message.as_bytes(), &signature)) {
            return Err(rejected("its signature is wrong"));
        }
        let bytes = decode(self.payload).ok_or_else(|| rejected("its payload is not Base64url"))?;
        check_times(&bytes).map_err(|problem| {
            let error = rejected(problem);
            match failure::skew(headers) {
                Some(skew) => error.advice(skew),
                None => error,
            }
        })?;
        json::parse_as(ErrorKind::Decode, "the token's payload is not what it should be", &bytes)
    }
}

async fn fetch(transport: &Transport, jku: &Url) -> Result<Vec<Value>> {
    let request = Request::new(Operation::KeySet, Method::GET, jku.clone(), "jwks");
    let answer = transport.send(&request, None, &UpTo(MAX_BYTES)).await?;
    keys_of(&answer.body)
}

/// The entries of a key set.
pub(crate) fn keys_of(body: &[u8]) -> Result<Vec<Value>> {
    let document: Document = json::parse_as(ErrorKind::TokenRejected, "the key set is not a JWKS", body)
        .map_err(|error| error.with_operation(Operation::KeySet))?;
    if document.keys.len() > MAX_KEYS {
        return Err(rejected(format!("its key set has more than {MAX_KEYS} keys")));
    }
    Ok(document.keys)
}

fn entry_id(entry: &Value) -> Option<&str> {
    entry.get("kid").and_then(Value::as_str)
}

/// The key of that id.
pub(crate) fn find(keys: &[Value], kid: &str) -> Result<VerifyingKey> {
    let mut matching = keys.iter().filter(|entry| entry_id(entry) == Some(kid));
    let first = matching.next().ok_or_else(|| rejected("its `kid` is not in the key set"))?;
    let key = VerifyingKey::from_entry(first).map_err(rejected)?;
    for other in matching {
        if VerifyingKey::from_entry(other).as_ref() != Ok(&key) {
            return Err(rejected("two different keys of the key set have its `kid`"));
        }
    }
    Ok(key)
}

fn part<T: DeserializeOwned>(text: &str, name: &str) -> Result<T> {
    let bytes = decode(text).ok_or_else(|| rejected(format!("its {name} is not Base64url")))?;
    json::parse_as(ErrorKind::TokenRejected, "the server's token was rejected: header", &bytes)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// `exp` and `nbf` are enforced if present (crypto §3.2 step 6). Anything but a
/// number there is no time, and a token that pretends otherwise is refused.
#[allow(clippy::cast_precision_loss)]
fn check_times(payload: &[u8]) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Times {
        exp: Option<Value>,
        nbf: Option<Value>,
    }

    let times: Times =
        serde_json::from_slice(payload).map_err(|_| "its payload is not a JSON object".to_owned())?;
    let now = clock::unix_seconds() as f64;
    let number = |name: &str, value: Option<Value>| match value {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or_else(|| format!("its `{name}` is not a number")),
    };
    if number("exp", times.exp)?.is_some_and(|exp| exp + LEEWAY < now) {
        return Err("it has expired".to_owned());
    }
    if number("nbf", times.nbf)?.is_some_and(|nbf| nbf - LEEWAY > now) {
        return Err("it is not valid yet".to_owned());
    }
    Ok(())
}

fn rejected(why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::TokenRejected, format!("the server's token was rejected: {why}"))
}

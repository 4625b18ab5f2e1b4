//! Tokens of the server: read, and verified with the key that they name
//! (protocol reference, crypto §3).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::HeaderMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::clock;
use crate::crypto::jwk::VerifyingKey;
use crate::error::{Error, ErrorKind, Result};
use crate::http::failure;
use crate::http::json;

/// Tolerated difference of clocks for `exp` and `nbf`, in seconds.
const LEEWAY: f64 = 60.0;

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

pub(crate) fn rejected(why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::TokenRejected, format!("the server's token was rejected: {why}"))
}

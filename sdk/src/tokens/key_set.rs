//! The document with the server's keys (protocol reference, crypto §3).

use serde::Deserialize;
use serde_json::Value;

use crate::crypto::jwk::VerifyingKey;
use crate::error::{ErrorKind, Operation, Result};
use crate::http::json;
use crate::tokens::server_token::rejected;

const MAX_KEYS: usize = 100;

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
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

/// Whether there is a key of that id.
pub(crate) fn has(keys: &[Value], kid: &str) -> bool {
    keys.iter().any(|entry| entry_id(entry) == Some(kid))
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

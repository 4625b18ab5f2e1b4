//! Content that scenarios send, and what is told of content that arrives.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::StepError;
use crate::context::ScenarioContext;
use crate::format::Field;

/// Content to send: one of these.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Content {
    /// A text.
    Text(Field<String>),
    /// JSON.
    Json(Value),
    /// So many bytes, the same each time, that do not compress.
    Bytes(Field<usize>),
}

impl Content {
    /// The bytes.
    ///
    /// # Errors
    /// [`StepError::Misuse`] if a template cannot be resolved.
    pub(crate) fn bytes(&self, context: &ScenarioContext) -> Result<Vec<u8>, StepError> {
        Ok(match self {
            Self::Text(text) => context.field(text)?.into_bytes(),
            Self::Json(value) => context.json(value)?.to_string().into_bytes(),
            Self::Bytes(count) => noise(context.field(count)?),
        })
    }
}

/// Bytes that look drawn and are always the same: a chain of hashes.
fn noise(count: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(count + 32);
    let mut block = Sha256::digest(b"noise");
    while bytes.len() < count {
        bytes.extend_from_slice(&block);
        block = Sha256::digest(block);
    }
    bytes.truncate(count);
    bytes
}

/// Size, digest and, where it is some, text or JSON of content.
pub(crate) fn described(bytes: &[u8]) -> Value {
    let mut described = json!({ "bytes": bytes.len(), "sha256": format!("{:x}", Sha256::digest(bytes)) });
    if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        described["content"] = value;
    } else if let Ok(text) = std::str::from_utf8(bytes) {
        described["content"] = text.into();
    }
    described
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_its_length_and_is_the_same_each_time() {
        for count in [0, 1, 31, 32, 33, 100_000] {
            assert_eq!(noise(count).len(), count);
        }
        assert_eq!(noise(100), noise(100));
        assert_ne!(noise(64)[..32], noise(64)[32..]);
    }
}

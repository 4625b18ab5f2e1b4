//! The header that says what a file is (protocol reference, crypto §5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// What `x-metadata` says.
pub(crate) fn readable_metadata(name: &str, text: &str) -> Option<Value> {
    if name != "x-metadata" {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?).ok()
}

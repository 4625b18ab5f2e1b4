//! Secrets are replaced by a fingerprint, the same for the same secret, so that a reader of the
//! journal sees *that* a token changed, never what it is.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Names of members, claims, parameters and headers whose values are secrets.
const SECRET: [&str; 25] = [
    "access_token",
    "accountref",
    "authorization",
    "authorizationcode",
    "carequestsessionkey",
    "code",
    "code_verifier",
    "filedescriptor",
    "id_token",
    "link",
    "metadata",
    "preauthorization_code",
    "preauthorizationcode",
    "privatekey",
    "reference_code",
    "refresh_token",
    "session_key",
    "sessionexchangetoken",
    "sessionkey",
    "storageref",
    "symmetrical_key",
    "symmetricalkey",
    "cookie",
    "token",
    "x-admin-token",
];

/// Whether a value under this name is a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

/// `[redacted 1f3a9c02]`: 32 bits of the secret's SHA-256.
pub(crate) fn fingerprint(secret: &str) -> String {
    let hash = Sha256::digest(secret.as_bytes());
    format!("[redacted {:02x}{:02x}{:02x}{:02x}]", hash[0], hash[1], hash[2], hash[3])
}

/// A copy of a JSON value without its secrets. An error's `code` is a word, not a secret, and is
/// told apart by its place.
pub(crate) fn redact(value: &Value) -> Value {
    redact_below(value, false)
}

fn redact_below(value: &Value, in_error: bool) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| {
                let secret = is_secret(name) && !(in_error && name == "code");
                let redacted = match value {
                    Value::String(text) if secret => Value::String(fingerprint(text)),
                    Value::String(url) if name == "location" => Value::String(redact_url(url)),
                    _ => redact_below(value, name == "error"),
                };
                (name.clone(), redacted)
            })
            .collect(),
        Value::Array(items) => items.iter().map(|item| redact_below(item, in_error)).collect(),
        other => other.clone(),
    }
}

/// A query string without its secrets.
pub(crate) fn redact_query(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if is_secret(name) => format!("{name}={}", fingerprint(value)),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// A URL, or a path, without the secrets of its query.
pub(crate) fn redact_url(url: &str) -> String {
    match url.split_once('?') {
        Some((path, query)) => format!("{path}?{}", redact_query(query)),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_go_and_error_codes_stay() {
        let value = json!({
            "token": "s3cret",
            "error": {"code": "InvalidToken"},
            "list": [{"code": "s3cret"}],
            "location": "http://a/revoke?code=s3cret",
        });
        let text = redact(&value).to_string();
        assert!(!text.contains("s3cret"));
        assert!(text.contains("InvalidToken"));
    }

    #[test]
    fn the_same_secret_has_the_same_fingerprint() {
        assert_eq!(redact_url("/a?code=x&b=1"), redact_url("/a?code=x&b=1"));
        assert_ne!(fingerprint("x"), fingerprint("y"));
        assert!(redact_url("/a?code=xyz&errorCode=E").ends_with("&errorCode=E"));
    }
}

//! Names for what changes from run to run.

use std::collections::HashMap;

use serde_json::Value;

/// Names of members that hold a moment, in seconds or milliseconds since 1970.
const MOMENTS: [&str; 9] = [
    "createdDate",
    "created",
    "expires_on",
    "expiry",
    "nowMillis",
    "retryAfter",
    "retryafter",
    "timestamp",
    "updatedDate",
];

/// Length of the identifiers that the platform mints (protocol reference, crypto §6).
const MINTED: usize = 32;

/// Replaces volatile values by names that are the same for the same value.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    names: HashMap<String, String>,
    counts: HashMap<&'static str, usize>,
}

impl Redaction {
    /// A redaction that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name of a value of some kind: `[secret:1]`, `[id:2]`.
    pub fn name(&mut self, kind: &'static str, value: &str) -> String {
        if let Some(name) = self.names.get(value) {
            return name.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let name = format!("[{kind}:{count}]");
        self.names.insert(value.to_owned(), name.clone());
        name
    }

    /// A JSON value in which secrets, identifiers and moments are named. `member` is the name that
    /// it stands under.
    pub fn json(&mut self, member: &str, value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                map.iter().map(|(name, value)| (name.clone(), self.json(name, value))).collect()
            }
            Value::Array(items) => items.iter().map(|item| self.json(member, item)).collect(),
            Value::Number(_) if MOMENTS.contains(&member) => Value::from("[time]"),
            Value::String(text) if member == "nonce" => Value::from(self.name("nonce", text)),
            Value::String(text) if member == "code_challenge" => Value::from(self.name("challenge", text)),
            Value::String(text) => Value::from(self.text(text)),
            other => other.clone(),
        }
    }

    /// A text in which fingerprints of secrets and minted identifiers are named.
    pub fn text(&mut self, text: &str) -> String {
        let mut named = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("[redacted ") {
            let end = rest[start..].find(']').map_or(rest.len(), |end| start + end + 1);
            let before = self.identifiers(&rest[..start]);
            let secret = self.name("secret", &rest[start..end]);
            named.push_str(&before);
            named.push_str(&secret);
            rest = &rest[end..];
        }
        named.push_str(&self.identifiers(rest));
        named
    }

    fn identifiers(&mut self, text: &str) -> String {
        let mut named = String::with_capacity(text.len());
        for run in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
            let word = run.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            if word.len() == MINTED {
                named.push_str(&self.name("id", word));
                named.push_str(&run[word.len()..]);
            } else {
                named.push_str(run);
            }
        }
        named
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ONE: &str = "default0aaaaaaaaaaaaaaaaaaaaaaaa";
    const TWO: &str = "default0bbbbbbbbbbbbbbbbbbbbbbbb";

    #[test]
    fn the_same_value_has_the_same_name_and_another_has_another() {
        let mut redaction = Redaction::new();
        let text = redaction.text(&format!("/query/{ONE}/f?a={TWO}&b={ONE}"));
        assert_eq!(text, "/query/[id:1]/f?a=[id:2]&b=[id:1]");
        assert_eq!(redaction.text("x=[redacted 12]&y=[redacted 34]"), "x=[secret:1]&y=[secret:2]");
        assert_eq!(redaction.text("[redacted 34]"), "[secret:2]");
    }

    #[test]
    fn moments_and_nonces_go_and_counts_stay() {
        let value = json!({"expiry": 17, "objectCount": 17, "nonce": "n", "list": [{"updatedDate": 1}]});
        let redacted = Redaction::new().json("", &value);
        let expected = json!({"expiry": "[time]", "objectCount": 17, "nonce": "[nonce:1]", "list": [{"updatedDate": "[time]"}]});
        assert_eq!(redacted, expected);
    }
}

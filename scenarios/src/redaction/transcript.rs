//! What a flow put on the wire, as text.

use std::fmt;

use serde_json::{Map, Value};

use super::Redaction;

/// What a flow put on the wire: one paragraph a request, everything volatile named.
///
/// ```
/// use digime_scenarios::Transcript;
/// use serde_json::json;
///
/// let journal = json!([{
///     "method": "GET", "path": "/v1.7/permission-access/accounts", "status": 200,
///     "claims": {"client_id": "app_contract", "nonce": "n"}, "answer": [], "checks": [],
/// }]);
/// let transcript = Transcript::of_journal(journal.as_array().unwrap());
/// assert!(transcript.to_string().starts_with("GET /v1.7/permission-access/accounts"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript(String);

impl Transcript {
    /// The transcript of a mock server's journal: the `requests` of `GET /__admin/requests`.
    pub fn of_journal(entries: &[Value]) -> Self {
        let mut redaction = Redaction::new();
        let paragraphs: Vec<_> = entries.iter().map(|entry| paragraph(&mut redaction, entry)).collect();
        Self(paragraphs.join("\n"))
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn paragraph(redaction: &mut Redaction, entry: &Value) -> String {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut lines = format!("{} {}\n", text("method"), redaction.text(text("path")));
    if let Some(Value::Object(claims)) = entry.get("claims") {
        lines.push_str(&format!("  claims {}\n", pairs(redaction, claims)));
    }
    if let Some(body) = entry.get("body") {
        lines.push_str(&format!("  body {}\n", redaction.json("", body)));
    }
    if let Some(fault) = entry.get("fault").and_then(Value::as_str) {
        lines.push_str(&format!("  fault {fault}\n"));
    }
    let status = entry.get("status").and_then(Value::as_u64).unwrap_or_default();
    lines.push_str(&format!("  -> {status}"));
    if let Some(location) = entry.get("location").and_then(Value::as_str) {
        lines.push_str(&format!(" to {}", redaction.text(location)));
    }
    if let Some(answer) = entry.get("answer") {
        lines.push_str(&format!(" {}", redaction.json("", answer)));
    }
    lines.push('\n');
    if let Some(Value::Object(headers)) = entry.get("answerHeaders") {
        lines.push_str(&format!("     {}\n", pairs(redaction, headers)));
    }
    if let Some(broken) = entry.get("broken").and_then(Value::as_str) {
        lines.push_str(&format!("  broke off: {broken}\n"));
    }
    if let Some(failed) = failed_check(entry) {
        lines.push_str(&format!("  failed {failed}\n"));
    }
    lines
}

fn pairs(redaction: &mut Redaction, claims: &Map<String, Value>) -> String {
    let pairs = claims.iter().map(|(name, value)| match redaction.json(name, value) {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    });
    pairs.collect::<Vec<_>>().join(" ")
}

fn failed_check(entry: &Value) -> Option<&str> {
    let checks = entry.get("checks")?.as_array()?;
    let failed = checks.iter().find(|check| check.get("passed") == Some(&Value::Bool(false)))?;
    failed.get("check")?.as_str()
}

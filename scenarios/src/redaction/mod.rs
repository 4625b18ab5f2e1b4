//! Names for what changes from run to run.

mod renumbered;
mod transcript;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use regex::{Captures, Regex};
use serde_json::Value;

pub(crate) use renumbered::renumbered;
pub use transcript::Transcript;

/// Names of members that hold a moment, in seconds or milliseconds since 1970.
const MOMENTS: [&str; 14] = [
    "createdDate",
    "created",
    "expirationDate",
    "expiresAt",
    "exp",
    "expires",
    "expires_on",
    "expiry",
    "iat",
    "nowMillis",
    "retryAfter",
    "retryafter",
    "timestamp",
    "updatedDate",
];

/// Names of members whose texts are secrets or drawn anew each time, and what they are called.
const KINDS: [(&str, &str); 32] = [
    ("access_token", "token"),
    ("accessToken", "token"),
    ("api_key", "secret"),
    ("apiKey", "secret"),
    ("authorization", "secret"),
    ("certificate", "certificate"),
    ("client_secret", "secret"),
    ("clientSecret", "secret"),
    ("code", "code"),
    ("code_challenge", "challenge"),
    ("code_verifier", "verifier"),
    ("codeVerifier", "verifier"),
    ("cookie", "secret"),
    ("date", "time"),
    ("last-modified", "time"),
    ("id_token", "token"),
    ("idToken", "token"),
    ("iv", "nonce"),
    ("lastModified", "time"),
    ("metadata", "secret"),
    ("nonce", "nonce"),
    ("password", "secret"),
    ("preauthorizationCode", "code"),
    ("preauthorization_code", "code"),
    ("privateKey", "key"),
    ("publicKey", "key"),
    ("reference_code", "code"),
    ("refresh_token", "token"),
    ("refreshToken", "token"),
    ("set-cookie", "secret"),
    ("symmetrical_key", "key"),
    ("x-api-key", "secret"),
];

/// Length of the identifiers that the platform mints (protocol reference, crypto §6).
const MINTED: usize = 32;

/// Replaces volatile values by names that are the same for the same value.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    names: HashMap<String, String>,
    counts: HashMap<&'static str, usize>,
    constants: Vec<(String, String)>,
}

impl Redaction {
    /// A redaction that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces a text, such as the server's origin, wherever it stands: `[origin]`.
    pub fn constant(&mut self, text: impl Into<String>, name: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.constants.push((text, name.into()));
        }
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
    /// it stands under. A signed token is replaced by what it says.
    pub fn json(&mut self, member: &str, value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let named = |name: &String| match (member, name.as_str()) {
                    // The code of an error is a word.
                    ("error", "code") => String::new(),
                    // A token is `{"value", "expires_on"}`.
                    (_, "value") => member.to_owned(),
                    _ => name.clone(),
                };
                let mut one = |(name, value): (&String, &Value)| {
                    // States of accounts stand under the ids of accounts.
                    let shown = if member == "details" { self.text(name) } else { name.clone() };
                    (shown, self.json(&named(name), value))
                };
                map.iter().map(&mut one).collect()
            }
            Value::Array(items) => items.iter().map(|item| self.json(member, item)).collect(),
            Value::Number(_) if MOMENTS.contains(&member) => Value::from("[time]"),
            Value::String(text) => match claims_of(text) {
                Some(claims) => serde_json::json!({ "jwt": self.json("", &claims) }),
                None => Value::from(self.member(member, text)),
            },
            other => other.clone(),
        }
    }

    /// A text that stands under a name, such as a parameter of a URL.
    pub fn member(&mut self, member: &str, text: &str) -> String {
        let kind = KINDS.iter().find(|(name, _)| *name == member).map(|(_, kind)| *kind);
        match kind {
            // A fingerprint is named as the secret that it is, wherever it stands.
            _ if text.starts_with("[redacted ") => self.text(text),
            // What has a name keeps it.
            _ if text.starts_with('[') && text.ends_with(']') => text.to_owned(),
            Some("time") => "[time]".to_owned(),
            // An encrypted file, which is another one each time.
            _ if member == "fileContent" => "[bytes]".to_owned(),
            Some(kind) if !text.is_empty() => self.name(kind, text),
            _ if text.contains("://") && text.contains('?') && !text.contains(char::is_whitespace) => {
                self.url(text)
            }
            _ => self.text(text),
        }
    }

    /// A text in which fingerprints of secrets, signed tokens, minted identifiers and moments are named.
    pub fn text(&mut self, text: &str) -> String {
        let mut named = String::with_capacity(text.len());
        let without_tokens = self.without_tokens(text);
        let mut rest = without_tokens.as_ref();
        while let Some(found) = VOLATILE.as_ref().and_then(|volatile| volatile.find(rest)) {
            named.push_str(&rest[..found.start()]);
            let after = rest[found.end()..].chars().next();
            let whole = !after.is_some_and(|c| c.is_ascii_alphanumeric());
            match found.as_str() {
                secret if secret.starts_with("[redacted ") => named.push_str(&self.name("secret", secret)),
                moment if is_moment(moment) => named.push_str("[time]"),
                account if account.contains('_') && whole => named.push_str(&self.name("account", account)),
                minted if minted.len() == MINTED => named.push_str(&self.name("id", minted)),
                long if long.len() > MINTED => named.push_str(&self.without_known(long)),
                word => named.push_str(word),
            }
            rest = &rest[found.end()..];
        }
        named.push_str(rest);
        for (constant, name) in &self.constants {
            named = named.replace(constant, name);
        }
        named
    }

    /// A text without the signed tokens that stand within it.
    fn without_tokens<'a>(&mut self, text: &'a str) -> Cow<'a, str> {
        match SIGNED_TOKEN.as_ref() {
            Some(token) => token.replace_all(text, |found: &Captures<'_>| self.name("jwt", &found[0])),
            None => text.into(),
        }
    }

    /// A word in which what has a name stands by it: `%3D` before a token makes one word of both.
    fn without_known(&self, word: &str) -> String {
        let known = self.names.iter().filter(|(value, _)| value.len() >= MINTED && word.contains(*value));
        known.fold(word.to_owned(), |word, (value, name)| word.replace(value, name))
    }

    /// A URL whose parameters are named by what they are.
    pub fn url(&mut self, url: &str) -> String {
        let Some((path, query)) = url.split_once('?') else { return self.text(url) };
        let path = self.text(path);
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) => format!("{name}={}", self.member(name, value)),
            None => self.text(pair),
        });
        format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
    }
}

/// A fingerprint of a secret, a moment (RFC 3339), the id of an account (a number and ten characters that
/// are drawn), and any other word, which may be an identifier or a moment by its length.
static VOLATILE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let volatile =
        r"\[redacted [^\]]*\]|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z|\d+_[a-z0-9]{10}|[A-Za-z0-9]+";
    Regex::new(volatile).ok()
});

/// A JWT or the like: three parts, of which the first is a JSON object in Base64url.
static SIGNED_TOKEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"eyJ[\w-]{2,}\.[\w-]{2,}\.[\w-]+").ok());

/// Whether a word is a moment: RFC 3339, or milliseconds since 1970 of this century's first half.
fn is_moment(word: &str) -> bool {
    let millis = word.len() == 13 && word.starts_with(['1', '2']) && word.bytes().all(|b| b.is_ascii_digit());
    millis || word.len() >= 20 && word.ends_with('Z') && word.as_bytes()[4] == b'-'
}

/// What a signed token says, unverified.
fn claims_of(text: &str) -> Option<Value> {
    let mut parts = text.split('.');
    let (header, claims) = (parts.next()?, parts.next()?);
    if !header.starts_with("eyJ") || parts.next().is_none() || parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
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
    #[test]
    fn a_token_is_named_by_its_type_and_a_signed_one_is_read() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"access_token": {"value": "at-1", "expires_on": 5}}"#);
        let value = json!({"token": format!("eyJ9.{claims}.sig"), "accessToken": {"value": "at-1"}, "error": {"code": "InvalidToken"}, "list": [{"code": "c"}]});
        let expected = json!({
            "token": {"jwt": {"access_token": {"value": "[token:1]", "expires_on": "[time]"}}},
            "accessToken": {"value": "[token:1]"},
            "error": {"code": "InvalidToken"},
            "list": [{"code": "[code:1]"}],
        });
        // Names count from the first that is met, whatever the order of the members.
        assert_eq!(Redaction::new().json("", &value), expected);
    }

    #[test]
    fn a_token_is_named_within_any_text() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"access_token": "hush"}"#);
        let jwt = format!("eyJhbGciOiJub25lIn0.{claims}.s-_1");
        let mut redaction = Redaction::new();
        let value = json!({"refresh_token": {"value": ONE}, "id_token": jwt, "set-cookie": "a=hush", "about": format!("Bearer {jwt}")});
        let text = redaction.json("", &value).to_string();
        assert!(text.contains("Bearer [jwt:1]") && !text.contains("hush") && !text.contains(ONE), "{text}");
        assert_eq!(redaction.url(&format!("/a?next={jwt}")), "/a?next=[jwt:1]");
        assert_eq!(redaction.text(&format!("a%3D{ONE}")), "a%3D[token:2]");
    }

    #[test]
    fn what_is_drawn_and_when_it_was_is_named_in_any_text() {
        let text = "19_5umi9mfdyl 1_sampleDataSet-test 851981_202601000_m000 at 2026-11-27T12:00:00.5Z, 1795781971999";
        let named = "[account:1] 1_sampleDataSet-test 851981_202601000_m000 at [time], [time]";
        assert_eq!(Redaction::new().text(text), named);
    }

    #[test]
    fn accounts_are_named_where_their_ids_are_the_names_of_members() {
        let value = json!({"details": {"19_5umi9mfdyl": {"state": "running"}, "1_sampleDataSet-test": {}}});
        let expected = json!({"details": {"[account:1]": {"state": "running"}, "1_sampleDataSet-test": {}}});
        assert_eq!(Redaction::new().json("", &value), expected);
    }

    #[test]
    fn constants_go_wherever_they_stand() {
        let mut redaction = Redaction::new();
        redaction.constant("http://127.0.0.1:4", "[origin]");
        assert_eq!(redaction.text("see http://127.0.0.1:4/a"), "see [origin]/a");
    }
}

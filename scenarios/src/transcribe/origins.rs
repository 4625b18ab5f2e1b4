//! Where values come from that requests carry: which answer brought them.

use std::collections::HashMap;

use regex::Regex;
use serde_json::Value;

use super::journal::Entry;
use super::written::Step;
use crate::format::template;

/// Length of the identifiers that the platform mints (protocol reference, crypto §6).
const MINTED: usize = 32;

/// How the journal begins the fingerprint of a secret.
const SECRET: &str = "[redacted ";

/// Secrets in tokens that answers bring, and where: the journal shows the token's fingerprint only.
const IN_TOKENS: [(&str, &[(&str, &str)]); 3] = [
    ("authorize", &[("code of a page", "$.token.preauthorization_code")]),
    ("tokenReference", &[("code of a page", "$.token.reference_code")]),
    (
        "token",
        &[("access_token", "$.token.access_token.value"), ("refresh_token", "$.token.refresh_token.value")],
    ),
];

/// Where values come from.
#[derive(Debug)]
pub(super) struct Origins {
    /// By value, or by fingerprint of a secret.
    known: HashMap<String, usize>,
    captures: Vec<Capture>,
    /// Secrets that no request has carried yet, oldest first.
    unseen: Vec<Unseen>,
    /// Source and dataset of the sample data that the journal tells of.
    sample: Option<(String, String)>,
}

/// A value of an answer that may be kept.
#[derive(Debug)]
struct Capture {
    name: String,
    step: usize,
    path: String,
    used: bool,
}

#[derive(Debug)]
struct Unseen {
    kind: &'static str,
    client_id: String,
    capture: usize,
}

impl Origins {
    pub(super) fn of(journal: &[Value]) -> Self {
        let text = Value::from(journal).to_string();
        let sample = Regex::new(r#""(\d+)_sampleDataSet-([\w-]+)"#).ok().and_then(|account| {
            let found = account.captures(&text)?;
            Some((found[1].to_owned(), found[2].to_owned()))
        });
        Self { known: HashMap::new(), captures: Vec::new(), unseen: Vec::new(), sample }
    }

    /// Source and dataset as parameters of the authorize page.
    pub(super) fn chosen_sample(&self) -> Option<String> {
        let (source, dataset) = self.sample.as_ref()?;
        Some(format!("&service={source}&sampleDataSet={dataset}"))
    }

    /// Source and dataset as fields of a page's form, where its parameters leave them open.
    pub(super) fn chosen_in_the_form(&self, path: &str) -> Vec<(String, String)> {
        let open = |name: &str| !path.contains(&format!("{name}="));
        let chosen = self.sample.iter().flat_map(|(source, dataset)| {
            [("service", "service", source), ("dataSet", "sampleDataSet", dataset)]
        });
        chosen
            .filter(|(_, parameter, _)| open(parameter))
            .map(|(field, _, value)| (field.to_owned(), value.clone()))
            .collect()
    }

    /// Notes what an answer brings.
    pub(super) fn learn(&mut self, step: usize, entry: &Entry<'_>) {
        if let Some(answer) = entry.answer() {
            self.walk(step, "$.body", "", answer);
        }
        let parameters = entry.location().and_then(|location| location.split_once('?'));
        for pair in parameters.into_iter().flat_map(|(_, query)| query.split('&')) {
            if let Some((name @ ("code" | "accountReference"), value)) = pair.split_once('=') {
                self.bind(value, name, step, &format!("$.parameters.{name}"));
            }
        }
        let operation = entry.operation();
        let minted = IN_TOKENS.iter().filter(|(name, _)| entry.status() < 400 && *name == operation);
        for (kind, path) in minted.flat_map(|(_, secrets)| secrets.iter()) {
            let capture = self.capture(kind, step, path);
            self.unseen.push(Unseen { kind, client_id: entry.client_id().to_owned(), capture });
        }
    }

    fn walk(&mut self, step: usize, path: &str, member: &str, value: &Value) {
        match value {
            Value::Object(map) => {
                for (name, value) in map {
                    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
                    let path = if plain { format!("{path}.{name}") } else { format!("{path}['{name}']") };
                    self.walk(step, &path, name, value);
                }
            }
            Value::Array(items) => {
                for (number, item) in items.iter().enumerate() {
                    self.walk(step, &format!("{path}[{number}]"), member, item);
                }
            }
            Value::String(text) if is_volatile(member, text) => self.bind(text, member, step, path),
            _ => {}
        }
    }

    /// Notes where a value comes from.
    pub(super) fn bind(&mut self, value: &str, name: &str, step: usize, path: &str) {
        let capture = self.capture(name, step, path);
        self.known.insert(value.to_owned(), capture);
    }

    fn capture(&mut self, name: &str, step: usize, path: &str) -> usize {
        let (name, path) = (name.replace(' ', "_"), path.to_owned());
        self.captures.push(Capture { name, step, path, used: false });
        self.captures.len() - 1
    }

    /// Whether an answer brought a value.
    pub(super) fn knows(&self, value: &str) -> bool {
        self.known.contains_key(value)
    }

    /// The name by which a value is asked for, if an answer brought it.
    pub(super) fn name_of(&mut self, value: &str) -> Option<String> {
        let at = *self.known.get(value)?;
        Some(self.use_capture(at))
    }

    /// The name of a secret of which the journal has a fingerprint: the one that an answer to the
    /// same client brought last and that no request has carried yet.
    pub(super) fn secret(&mut self, kind: &str, fingerprint: &str, client_id: &str) -> Option<String> {
        if let Some(name) = self.name_of(fingerprint) {
            return Some(name);
        }
        let newest = |own: bool| {
            let fits = |unseen: &Unseen| unseen.kind == kind && (!own || unseen.client_id == client_id);
            self.unseen.iter().rposition(fits)
        };
        let at = newest(true).or_else(|| newest(false))?;
        let capture = self.unseen.remove(at).capture;
        if !fingerprint.is_empty() {
            self.known.insert(fingerprint.to_owned(), capture);
        }
        Some(self.use_capture(capture))
    }

    /// A text as the scenario writes it.
    ///
    /// # Errors
    /// If it is a secret that no answer of the journal brought.
    pub(super) fn text(&mut self, kind: &str, text: &str, client_id: &str) -> Result<String, String> {
        if !text.starts_with(SECRET) {
            return Ok(self.name_of(text).unwrap_or_else(|| template::escaped(text)));
        }
        self.secret(kind, text, client_id).ok_or_else(|| format!("no answer before it brought its {kind}"))
    }

    /// A JSON value as the scenario writes it.
    ///
    /// # Errors
    /// As [`Origins::text`].
    pub(super) fn resolve(&mut self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => Value::String(self.text("secret", text, "")?),
            Value::Array(items) => items.iter().map(|item| self.resolve(item)).collect::<Result<_, _>>()?,
            Value::Object(map) => {
                let pairs = map.iter().map(|(name, value)| Ok((name.clone(), self.resolve(value)?)));
                Value::Object(pairs.collect::<Result<_, String>>()?)
            }
            other => other.clone(),
        })
    }

    fn use_capture(&mut self, at: usize) -> String {
        if !self.captures[at].used {
            let base = match self.captures[at].name.as_str() {
                "key" => "session_key".to_owned(),
                name => format!("seen_{name}"),
            };
            let taken =
                |name: &String| self.captures.iter().any(|capture| capture.used && capture.name == *name);
            let numbered = (2..).map(|number| format!("{base}_{number}"));
            let name = std::iter::once(base.clone()).chain(numbered).find(|name| !taken(name));
            let capture = &mut self.captures[at];
            capture.name = name.unwrap_or(base);
            capture.used = true;
        }
        format!("${{{}}}", self.captures[at].name)
    }

    /// Adds to the steps what later ones ask for.
    pub(super) fn capture_in(self, steps: &mut [Step]) {
        for capture in self.captures.into_iter().filter(|capture| capture.used) {
            if let Some(step) = steps.get_mut(capture.step) {
                step.capture.insert(capture.name, capture.path);
            }
        }
    }
}

/// Whether a value is another one when the scenario runs again.
fn is_volatile(member: &str, text: &str) -> bool {
    let minted = text.len() == MINTED && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    minted || member == "name" && text.contains('.')
}

//! A request and its answer, redacted.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::format::Generation;
use crate::record::{Party, RawExchange, readable_metadata};
use crate::redaction::Redaction;
use crate::target::Urls;

/// A request and its answer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    /// Who asked.
    pub from: Party,
    /// Who was asked.
    pub to: Party,
    /// Method.
    pub method: String,
    /// Path and query; of what opens the digi.me app the whole link.
    pub path: String,
    /// The generation of the API that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<String>,
    /// What the request's JWT claims.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub claims: Map<String, Value>,
    /// Headers of the request that mean something to the platform.
    pub headers: BTreeMap<String, String>,
    /// JSON body, or a text that tells what it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Status of the answer; none if none came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Headers of the answer that mean something to a client.
    pub answer_headers: BTreeMap<String, String>,
    /// JSON of the answer, or a text that tells what it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
    /// Where a browser is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Size of the answer's body, in bytes.
    pub answer_size: u64,
    /// What ended the exchange early, if anything did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// When it began, counted from the scenario's beginning.
    #[serde(serialize_with = "super::millis")]
    pub started: Duration,
    /// How long it took.
    #[serde(serialize_with = "super::millis")]
    pub duration: Duration,
}

/// Headers of requests that are shown.
const SHOWN: [&str; 6] = ["accept", "content-type", "accountid", "redirecturi", "filedescriptor", "range"];
/// Headers of answers that are shown.
const SHOWN_OF_ANSWERS: [&str; 7] =
    ["content-type", "retry-after", "x-error-code", "x-metadata", "last-modified", "content-range", "allow"];

/// How links to the digi.me app begin (protocol reference, legacy/deep-links §1).
const APP_LINK: &str = "digime://";
/// A part of the address of the guest page (protocol reference, legacy/deep-links §3).
const GUEST_PAGE: &str = "/apps/quark/";

/// Redacts what is shown of a scenario: everything passes here, in order, so that the same value
/// has the same name throughout.
#[derive(Debug)]
pub(crate) struct ExchangeView {
    pub(crate) redaction: Redaction,
    urls: Urls,
    generation: Generation,
}

impl ExchangeView {
    pub(crate) fn new(redaction: Redaction, urls: Urls, generation: Generation) -> Self {
        Self { redaction, urls, generation }
    }

    /// A value as reports show it.
    pub(crate) fn value(&mut self, member: &str, value: &Value) -> Value {
        self.redaction.json(member, value)
    }

    /// A text as reports show it.
    pub(crate) fn text(&mut self, text: &str) -> String {
        self.redaction.text(text)
    }

    /// An exchange as reports show it.
    pub(crate) fn exchange(&mut self, raw: &RawExchange) -> Exchange {
        let claims = match jwt_claims(&raw.headers).map(|claims| self.redaction.json("", &claims)) {
            Some(Value::Object(claims)) => claims,
            _ => Map::new(),
        };
        let to = self.receiver(&raw.url);
        let path = self.path(&raw.url);
        let asked = (to == Party::Api).then(|| Generation::of_path(&path)).flatten();
        Exchange {
            from: raw.from,
            to,
            method: raw.method.clone(),
            path,
            generation: asked.map(|generation| generation.to_string()),
            claims,
            headers: self.headers(&raw.headers, &SHOWN),
            body: self.body(&raw.body, raw.body.len() as u64),
            status: raw.status,
            location: raw.answer_header("location").map(|location| self.redaction.url(location)),
            answer_headers: self.headers(&raw.answer_headers, &SHOWN_OF_ANSWERS),
            answer: self.body(&raw.answer, raw.answer_size),
            answer_size: raw.answer_size,
            broken: raw.broken.clone(),
            started: raw.started,
            duration: raw.ended.saturating_sub(raw.started),
        }
    }

    fn receiver(&self, url: &str) -> Party {
        if url.starts_with(APP_LINK) {
            Party::Phone
        } else if url.starts_with(&self.urls.onboard) || url.contains(GUEST_PAGE) {
            Party::ConsentPage
        } else if url.starts_with(&self.urls.cloud) && self.generation > Generation::V1 {
            // `/v1/` is the storage host's, and the first generation's too, which knew no storage.
            Party::Storage
        } else {
            Party::Api
        }
    }

    /// A URL of the target without its origin; any other whole.
    fn path(&mut self, url: &str) -> String {
        let origin = self.urls.origin();
        let path = url.strip_prefix(origin.as_str()).unwrap_or(url);
        self.redaction.url(path)
    }

    fn headers(&mut self, headers: &HeaderMap, shown: &[&str]) -> BTreeMap<String, String> {
        let named = shown.iter().filter_map(|name| {
            let text = headers.get(*name)?.to_str().ok()?;
            let text = match readable_metadata(name, text) {
                Some(metadata) => self.redaction.json("", &metadata).to_string(),
                None => self.redaction.member(name, text),
            };
            Some(((*name).to_owned(), text))
        });
        named.collect()
    }

    fn body(&mut self, kept: &[u8], size: u64) -> Option<Value> {
        if size == 0 {
            return None;
        }
        match serde_json::from_slice::<Value>(kept) {
            Ok(value) => Some(self.redaction.json("", &value)),
            Err(_) => Some(Value::String(match std::str::from_utf8(kept) {
                Ok(text) if text.len() < 200 && size == kept.len() as u64 => self.redaction.text(text),
                // The size of an encrypted file is not the same twice: its compression depends on dates.
                _ => "[bytes]".to_owned(),
            })),
        }
    }
}

fn jwt_claims(headers: &HeaderMap) -> Option<Value> {
    let bearer = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let claims = bearer.split_whitespace().nth(1)?.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?).ok()
}

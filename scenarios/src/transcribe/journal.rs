//! What an entry of the journal says.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::origins::Origins;

/// Headers that mean something to the platform and do not follow from the rest of a request.
const KEPT: [&str; 5] = ["accept", "accountid", "if-modified-since", "range", "redirecturi"];

/// What a request that failed one of these had wrong is not in the journal.
const UNSEEN: [&str; 7] =
    ["authorization header", "JWT form", "algorithm", "signature", "nonce form", "nonce reuse", "timestamp"];

/// An entry of the journal: a request and its answer, without secrets.
pub(super) struct Entry<'a>(pub(super) &'a Value);

impl<'a> Entry<'a> {
    fn text(&self, name: &str) -> &'a str {
        self.0[name].as_str().unwrap_or_default()
    }

    pub(super) fn sequence(&self) -> u64 {
        self.0["sequence"].as_u64().unwrap_or_default()
    }

    pub(super) fn method(&self) -> &'a str {
        self.text("method")
    }

    /// Path and query.
    pub(super) fn path(&self) -> &'a str {
        self.text("path")
    }

    /// The operation's name; method and path if there is none.
    pub(super) fn operation(&self) -> String {
        match self.text("operation") {
            "" => format!("{} {}", self.method(), self.path()),
            name => name.to_owned(),
        }
    }

    pub(super) fn status(&self) -> u64 {
        self.0["status"].as_u64().unwrap_or_default()
    }

    pub(super) fn claims(&self) -> Option<&'a Map<String, Value>> {
        self.0["claims"].as_object()
    }

    pub(super) fn client_id(&self) -> &'a str {
        self.0["claims"]["client_id"].as_str().unwrap_or_default()
    }

    pub(super) fn body(&self) -> Option<&'a Value> {
        self.0.get("body")
    }

    pub(super) fn answer(&self) -> Option<&'a Value> {
        self.0.get("answer")
    }

    /// Where the browser was sent.
    pub(super) fn location(&self) -> Option<&'a str> {
        self.0["location"].as_str()
    }

    /// The platform's code of an error.
    pub(super) fn error_code(&self) -> Option<String> {
        let error = &self.answer()?["error"];
        error["code"].as_str().or_else(|| error.as_str()).map(str::to_owned)
    }

    /// The check that the request failed, if it did.
    pub(super) fn failed_check(&self) -> Option<&'a str> {
        let failed = self.0["checks"].as_array()?.iter().find(|check| check["passed"] == false)?;
        failed["check"].as_str()
    }

    pub(super) fn headers(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let headers = self.0["headers"].as_object().into_iter().flatten();
        headers
            .filter(|(name, _)| KEPT.contains(&name.as_str()))
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        self.0["headers"][name].as_str()
    }

    /// How long after another it came, by the sandbox's clock.
    pub(super) fn after(&self, before: &Entry<'_>) -> Option<Duration> {
        let [one, other]: [Timestamp; 2] =
            [before.text("time").parse().ok()?, self.text("time").parse().ok()?];
        Duration::try_from(other.duration_since(one)).ok()
    }

    /// Whether it asks the same as the entry before it: it polls a session.
    pub(super) fn polls(&self, before: &Entry<'_>) -> bool {
        let asked = |entry: &Entry<'a>| (entry.text("operation"), entry.path(), entry.status());
        let before = Entry(before.0);
        self.text("operation") == "readFileList"
            && asked(self) == (before.text("operation"), before.path(), before.status())
    }

    /// The state of a sync that is over.
    pub(super) fn final_state(&self) -> Option<&'a str> {
        let state = self.answer().filter(|_| self.text("operation") == "readFileList")?["status"]["state"]
            .as_str()?;
        ["completed", "partial"].contains(&state).then_some(state)
    }

    /// The members that an answer has, as assertions.
    pub(super) fn members(&self) -> BTreeMap<String, Value> {
        let members = self.answer().and_then(Value::as_object).into_iter().flatten();
        members
            .filter(|(name, _)| *name != "error" && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            .map(|(name, _)| (format!("$.body.{name}"), json!({ "exists": true })))
            .collect()
    }

    /// What the user decided on a page, as its form says it.
    ///
    /// # Errors
    /// If a form cannot bring it about.
    pub(super) fn decision(&self, origins: &Origins) -> Result<Option<BTreeMap<String, String>>, String> {
        let Some(location) = self.location().filter(|_| self.is_page_form()) else { return Ok(None) };
        let mut form: BTreeMap<String, String> = BTreeMap::new();
        let query = location.split_once('?').map_or("", |(_, query)| query);
        match query.split('&').find_map(|pair| pair.strip_prefix("errorCode=")) {
            None => {
                form.insert("decision".to_owned(), "approve".to_owned());
                form.extend(origins.chosen_in_the_form(self.path()));
            }
            Some("USER_CANCEL") => drop(form.insert("decision".to_owned(), "decline".to_owned())),
            Some(other) => return Err(format!("no user can bring about {other}")),
        }
        Ok(Some(form))
    }

    fn is_page_form(&self) -> bool {
        self.method() == "POST" && self.path().starts_with("/apps/saas/")
    }

    /// Whether all that it said is in the journal, or can be said anew.
    ///
    /// # Errors
    /// What is missing.
    pub(super) fn can_be_sent_again(&self) -> Result<(), String> {
        if let Some(fault) = self.0["fault"].as_str() {
            return Err(format!("a fault struck it: {fault}"));
        }
        if self.header("authorization").is_some() && self.claims().is_none() {
            return Err("what its JWT says is not in the journal".to_owned());
        }
        if let Some(check) = self.failed_check().filter(|check| UNSEEN.contains(check))
            && self.header("authorization").is_some()
        {
            return Err(format!("what was wrong with it is not in the journal: {check}"));
        }
        let has_body = self.header("content-length").is_some_and(|length| length != "0")
            || self.header("transfer-encoding").is_some();
        if has_body && self.body().is_none() && !self.is_page_form() {
            return Err("its body is not in the journal".to_owned());
        }
        Ok(())
    }
}

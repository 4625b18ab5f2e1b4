//! Injected faults: what goes wrong on purpose.

pub(crate) mod hostile;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::refusal::{Refusal, RefusalCode};
use crate::faults::hostile::Hostile;
use crate::fingerprint::Fingerprint;
use crate::operations::Operation;
use crate::operations::route::Route;

/// One rule: what happens to requests of an operation, and how often.
///
/// ```
/// use std::time::Duration;
/// use digime_mock_server::{Fault, Operation};
///
/// let fault = Fault::on(Operation::READ_FILE_LIST).times(2).status(503).retry_after(Duration::from_secs(1));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[must_use = "a fault does nothing until it is injected into a sandbox"]
pub struct Fault {
    /// The operation that it meets.
    pub operation: Operation,
    /// How often it still strikes; always, if not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Only requests for a file of this name; `*` stands for any text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Answer this status instead of doing anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Headers that are added to the answer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Code and message of the answered error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<FaultError>,
    /// Wait before anything else.
    #[serde(default, skip_serializing_if = "Duration::is_zero", with = "crate::durations::as_text")]
    #[schemars(with = "String")]
    pub delay: Duration,
    /// Flip the bits of the answer's first byte.
    pub corrupt: bool,
    /// End the body half way, as if it were whole.
    pub truncate: bool,
    /// Close the connection half way through the body.
    pub disconnect: bool,
    /// Answer what a client must not believe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostile: Option<Hostile>,
    /// How often it has struck.
    pub struck: u32,
}

/// What names a fault: a fingerprint of what it does, the same on all servers that share it.
pub(crate) type FaultId = Fingerprint;

/// Code and message of an injected error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultError {
    /// The platform's code, or any other.
    pub code: String,
    /// The message.
    pub message: String,
}

impl Fault {
    /// A rule that does nothing yet, for every request of an operation.
    pub fn on(operation: Operation) -> Self {
        Self {
            operation,
            times: None,
            file: None,
            status: None,
            headers: BTreeMap::new(),
            error: None,
            delay: Duration::ZERO,
            corrupt: false,
            truncate: false,
            disconnect: false,
            hostile: None,
            struck: 0,
        }
    }

    /// Strikes this often and then never again.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Strikes requests for files of this name only; `*` stands for any text.
    pub fn file(mut self, pattern: impl Into<String>) -> Self {
        self.file = Some(pattern.into());
        self
    }

    /// Answers this status instead of doing anything.
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Answers this error, with status 500 unless [`Fault::status`] says otherwise.
    pub fn error(mut self, code: impl Into<String>, message: impl Into<String>) -> Self {
        self.error = Some(FaultError { code: code.into(), message: message.into() });
        self
    }

    /// Adds a header to the answer.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Adds `Retry-After`, in whole seconds.
    pub fn retry_after(self, after: Duration) -> Self {
        self.header("Retry-After", after.as_secs().to_string())
    }

    /// Waits before anything else.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Flips the bits of the answer's first byte: a file can no longer be decrypted, JSON no longer
    /// be read.
    pub fn corrupt(mut self) -> Self {
        self.corrupt = true;
        self
    }

    /// Ends the body half way, with a `Content-Length` that matches.
    pub fn truncate(mut self) -> Self {
        self.truncate = true;
        self
    }

    /// Closes the connection half way through the body.
    pub fn disconnect(mut self) -> Self {
        self.disconnect = true;
        self
    }

    /// Answers what a client must not believe. Without effect where [`Hostile::applies_to`] says no.
    pub fn hostile(mut self, hostile: Hostile) -> Self {
        self.hostile = Some(hostile);
        self
    }

    /// Names it, whatever it has struck.
    pub(crate) fn id(&self) -> FaultId {
        let rule = Self { struck: 0, ..self.clone() };
        Fingerprint::of(&[&serde_json::to_string(&rule).unwrap_or_default()])
    }

    /// Why it would never have an effect on a route, and what to do; `None` if it can have one.
    pub(crate) fn problem(&self, route: &Route) -> Option<String> {
        let acts = self.replaces_answer()
            || self.hostile.is_some()
            || !self.headers.is_empty()
            || !self.delay.is_zero()
            || self.corrupt
            || self.truncate
            || self.disconnect;
        if !acts {
            return Some(
                "the fault has no effect: give it at least one of status, error, headers, delay, corrupt, \
                 truncate, disconnect and hostile"
                    .to_owned(),
            );
        }
        if self.times == Some(0) {
            return Some("the fault never strikes: times is 0; leave it out to strike always".to_owned());
        }
        if self.file.is_some() && !route.is_for_file() {
            let name = route.name();
            return Some(format!(
                "the fault never strikes: requests of {name} are for no file; leave file out"
            ));
        }
        let framing = ["content-length", "transfer-encoding"];
        if let Some(name) =
            self.headers.keys().find(|name| framing.contains(&name.to_ascii_lowercase().as_str()))
        {
            return Some(format!(
                "headers: the server frames its answers itself, and another {name} would break the connection; \
                 use truncate or disconnect"
            ));
        }
        let hostile = self.hostile.filter(|hostile| !hostile.applies_to(route))?;
        Some(format!("hostile: no answer of {} can be {}", route.name(), hostile.name()))
    }

    /// Whether it answers in place of the operation.
    pub fn replaces_answer(&self) -> bool {
        self.status.is_some() || self.error.is_some() || self.hostile == Some(Hostile::RedirectLoop)
    }

    /// Whether the client cannot use the answer.
    pub fn loses_answer(&self) -> bool {
        self.replaces_answer()
            || self.disconnect
            || self.truncate
            || self.corrupt
            || self.hostile.is_some_and(Hostile::loses_answer)
    }

    /// The refusal that it answers with.
    pub fn refusal(&self) -> Refusal {
        let status = self.status.unwrap_or(500);
        let (code, message) = match &self.error {
            Some(error) => (RefusalCode::Injected(error.code.clone()), error.message.as_str()),
            None => match status {
                401 => (RefusalCode::InvalidToken, "The token (access_token) is invalid"),
                429 => (RefusalCode::TooManyRequests, "Too many requests"),
                _ => (RefusalCode::InternalServerError, "An injected fault"),
            },
        };
        Refusal::new(status, code, message, "an injected fault: see GET /__admin/faults")
    }

    fn meets(&self, occasion: &Occasion<'_>) -> bool {
        let Occasion { operation, file, hostile } = *occasion;
        self.operation == operation
            && self.times.is_none_or(|times| self.struck < times)
            && self.file.as_deref().is_none_or(|pattern| file.is_some_and(|name| glob(pattern, name)))
            && (hostile.is_none() || self.hostile == hostile)
    }
}

/// What a fault may strike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion<'a> {
    /// What is asked for.
    pub(crate) operation: Operation,
    /// The file that is asked for.
    pub(crate) file: Option<&'a str>,
    /// The only hostile answer that can be given; none if any fault may strike.
    pub(crate) hostile: Option<Hostile>,
}

/// The first of these rules that meets an occasion; it counts as struck.
pub(crate) fn strike(rules: &mut [Fault], occasion: &Occasion<'_>) -> Option<Fault> {
    let fault = rules.iter_mut().find(|fault| fault.meets(occasion))?;
    fault.struck += 1;
    Some(fault.clone())
}

/// Removes the first of these rules with this id; `false` if there is none.
pub(crate) fn end(rules: &mut Vec<Fault>, id: FaultId) -> bool {
    let found = rules.iter().position(|fault| fault.id() == id);
    found.map(|at| rules.remove(at)).is_some()
}

/// The rules of a sandbox, in the order in which they were injected.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Adds a rule.
    pub(crate) fn inject(&self, fault: Fault) {
        self.rules().push(fault);
    }

    /// The rules and how often they have struck.
    pub(crate) fn list(&self) -> Vec<Fault> {
        self.rules().clone()
    }

    /// Has these rules and no others.
    pub(crate) fn replace(&self, rules: Vec<Fault>) {
        *self.rules() = rules;
    }

    /// Removes the first rule with this id; `false` if there is none.
    pub(crate) fn end(&self, id: FaultId) -> bool {
        end(&mut self.rules(), id)
    }

    /// Removes all rules.
    pub(crate) fn clear(&self) {
        self.rules().clear();
    }

    /// Whether a rule meets an occasion.
    pub(crate) fn meet(&self, occasion: &Occasion<'_>) -> bool {
        self.rules().iter().any(|fault| fault.meets(occasion))
    }

    /// As [`strike`].
    pub(crate) fn strike(&self, occasion: &Occasion<'_>) -> Option<Fault> {
        strike(&mut self.rules(), occasion)
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Matches a text against a pattern in which `*` stands for any text.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut remaining) = text.strip_prefix(start) else { return false };
    let mut parts: Vec<_> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match remaining.find(part) {
            Some(at) => remaining = &remaining[at + part.len()..],
            None => return false,
        }
    }
    remaining.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn occasion(operation: Operation) -> Occasion<'static> {
        Occasion { operation, file: Some("a"), hostile: None }
    }

    #[test]
    fn a_rule_strikes_as_often_as_it_says() {
        let faults = Faults::default();
        faults.inject(Fault::on(Operation::READ_FILE).times(2).status(503));
        assert!(faults.strike(&occasion(Operation::READ_FILE_LIST)).is_none());
        for left in [true, true, false] {
            assert_eq!(faults.meet(&occasion(Operation::READ_FILE)), left);
            assert_eq!(faults.strike(&occasion(Operation::READ_FILE)).is_some(), left);
        }
        assert_eq!(faults.list()[0].struck, 2);
    }

    #[test]
    fn a_fault_is_ended_by_its_id_which_stays_while_it_strikes() {
        let faults = Faults::default();
        let (first, second) =
            (Fault::on(Operation::READ_FILE).status(503), Fault::on(Operation::READ_FILE).status(500));
        faults.inject(first.clone());
        faults.inject(second.clone());
        faults.strike(&occasion(Operation::READ_FILE));
        assert!(faults.end(first.id()) && !faults.end(first.id()));
        assert_eq!(faults.list(), [second]);
    }

    #[test]
    fn a_hostile_rule_is_found_among_others_and_counts_like_them() {
        let faults = Faults::default();
        faults.inject(Fault::on(Operation::CONSENT_DECISION).status(503));
        faults.inject(Fault::on(Operation::CONSENT_DECISION).times(1).hostile(Hostile::ChangedState));
        let hostile = Some(Hostile::ChangedState);
        let strike = || faults.strike(&Occasion { hostile, ..occasion(Operation::CONSENT_DECISION) });
        assert!(strike().is_some() && strike().is_none());
        assert_eq!(faults.list().iter().map(|it| it.struck).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn a_rule_that_was_written_is_the_same() {
        let plain = Fault::on(Operation::READ_FILE).status(503);
        let full = Fault::on(Operation::TOKEN).times(2).file("a*").error("Code", "text").truncate().corrupt();
        let full = full.retry_after(Duration::from_secs(7)).delay(Duration::from_millis(20)).disconnect();
        for fault in [plain, full.hostile(Hostile::UnknownKid)] {
            let written = serde_json::to_string(&fault).unwrap();
            assert_eq!(serde_json::from_str::<Fault>(&written).unwrap(), fault);
        }
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_lost_and_one_that_can_is_not() {
        let lost = |hostile| Fault::on(Operation::TOKEN).hostile(hostile).loses_answer();
        assert!(lost(Hostile::InvalidUtf8) && lost(Hostile::OversizeBody) && lost(Hostile::RedirectLoop));
        assert!(!lost(Hostile::UnknownKid) && !lost(Hostile::ChangedState));
    }

    #[test]
    fn a_pattern_chooses_files() {
        for (pattern, text, matches) in [
            ("18_*", "18_1_3", true),
            ("18_*", "19_1", false),
            ("*.json", "a.json", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abde", false),
            ("a*a", "a", false),
            ("exact", "exact", true),
            ("*", "", true),
        ] {
            assert_eq!(glob(pattern, text), matches, "{pattern} {text}");
        }
    }
}

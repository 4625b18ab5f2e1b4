//! Where two servers differ that were asked the same.

use serde::Serialize;
use serde_json::Value;

use crate::assert;
use crate::redaction::{Transcript, renumbered};
use crate::report::{Exchange, FailureKind, Report, ScenarioReport, Status, StepReport};

/// Where two servers differ in some scenarios.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// What was tested: `embedded`, or the base URL.
    pub targets: [String; 2],
    /// How many steps were compared.
    pub compared: usize,
    /// The steps that differ.
    pub steps: Vec<StepDrift>,
}

/// Where two servers differ in a step.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepDrift {
    /// The scenario.
    pub scenario: String,
    /// The step.
    pub step: String,
    /// In which way: `-` before what only the first target says, `+` before what only the second does.
    pub diff: String,
}

impl Drift {
    /// Compares two runs of the same files. Snapshots do not count: they are of one server.
    pub fn between(one: &Report, other: &Report) -> Self {
        let mut drift =
            Self { targets: [one.target.clone(), other.target.clone()], compared: 0, steps: Vec::new() };
        for (one, other) in one.scenarios.iter().zip(&other.scenarios) {
            drift.scenario(one, other);
        }
        drift
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    fn scenario(&mut self, one: &ScenarioReport, other: &ScenarioReport) {
        if one.steps.is_empty() || other.steps.is_empty() {
            return self.add(one, "1", &described(&one.status), &described(&other.status));
        }
        for at in 0..one.steps.len().max(other.steps.len()) {
            let steps = (one.steps.get(at), other.steps.get(at));
            let Some(step) = steps.0.or(steps.1) else { continue };
            let text = |step: Option<&StepReport>| {
                step.map_or_else(|| "it did not come to this step\n".to_owned(), text)
            };
            self.compared += 1;
            self.add(one, &format!("{} {}", at + 1, step.path()), &text(steps.0), &text(steps.1));
        }
    }

    fn add(&mut self, scenario: &ScenarioReport, step: &str, one: &str, other: &str) {
        if one != other {
            let diff = assert::diff(one, other);
            self.steps.push(StepDrift { scenario: scenario.name.clone(), step: step.to_owned(), diff });
        }
    }
}

/// What of a step shall be the same everywhere.
fn text(step: &StepReport) -> String {
    let mut text = described(&step.status);
    for exchange in step.settled_exchanges() {
        text.push_str(&Transcript::of_journal(&[entry(exchange)]).to_string());
    }
    for failure in step.failures.iter().filter(|failure| failure.kind != FailureKind::Snapshot) {
        text.push_str(&format!("failed {}: {}\n", failure.kind.word(), failure.message));
    }
    // What a raw request comes to is its answer. Pretty, so that what differs is a line of its own.
    if step.action != "http" && !step.result.is_null() {
        text.push_str(&serde_json::to_string_pretty(&step.result).unwrap_or_default());
        text.push('\n');
    }
    renumbered(&text)
}

fn described(status: &Status) -> String {
    match status {
        Status::Skipped(reason) => format!("skipped: {reason}\n"),
        _ => String::new(),
    }
}

/// An exchange without who the client is, which belongs to one target.
fn entry(exchange: &Exchange) -> Value {
    let mut entry = serde_json::to_value(exchange).unwrap_or_default();
    if let Some(client) = entry.pointer_mut("/claims/client_id") {
        *client = "[client]".into();
    }
    entry
}

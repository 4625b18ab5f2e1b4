//! What a run came to: the model that every report is written from.
//!
//! [`Report`] → [`ScenarioReport`] → [`StepReport`] → [`Exchange`]. Everything in it is redacted:
//! secrets, identifiers and moments have names that are the same for the same value throughout a
//! scenario (`[token:1]`), so a report may be published.

pub mod console;
mod exchange;
#[cfg(feature = "reports")]
mod group;
#[cfg(feature = "reports")]
pub mod html;
pub mod json_lines;
#[cfg(feature = "reports")]
pub mod junit;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

pub use exchange::Exchange;
pub(crate) use exchange::ExchangeView;

use crate::position::Position;
pub use crate::record::Party;

/// Why a report cannot be written.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
#[non_exhaustive]
pub enum RenderError {
    /// As JUnit XML.
    #[cfg(feature = "reports")]
    Junit(#[from] quick_junit::SerializeError),
    /// As JSON.
    Json(#[from] serde_json::Error),
    /// As HTML.
    #[cfg(feature = "reports")]
    Html(#[from] askama::Error),
}

/// What a run came to.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What was tested: `embedded`, or the base URL.
    pub target: String,
    /// When it began (RFC 3339).
    pub started: String,
    /// How long it took.
    #[serde(serialize_with = "millis")]
    pub duration: Duration,
    /// The seed that the order was shuffled by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The scenarios, in the order of their files, each as often as it was repeated.
    pub scenarios: Vec<ScenarioReport>,
    /// Snapshots that no scenario refers to; they fail a check.
    pub unreferenced_snapshots: Vec<PathBuf>,
    /// Panics of the server in this process; they fail the run whatever the scenarios came to.
    pub server_defects: Vec<String>,
    /// Whether the run passes if no scenario ran to its end.
    #[serde(skip)]
    pub allow_empty: bool,
}

/// What a scenario came to.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioReport {
    /// Its file.
    pub file: PathBuf,
    /// Its name.
    pub name: String,
    /// What it proves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proves: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The platform's generation.
    pub generation: String,
    /// Which repetition this is, from 1.
    pub repetition: u32,
    /// How it ended.
    pub status: Status,
    /// How long it took.
    #[serde(serialize_with = "millis")]
    pub duration: Duration,
    /// Its steps, those of reused flows in their place.
    pub steps: Vec<StepReport>,
    /// What became of its snapshot.
    pub snapshot: SnapshotReport,
    /// The server's journal, if the server keeps one: what arrived, and the checks that it passed
    /// or failed. Redacted by the server.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub journal: Vec<Value>,
}

/// How a scenario or a step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "status", content = "reason")]
pub enum Status {
    /// As expected.
    Passed,
    /// Not as expected.
    Failed,
    /// It cannot run at this target, for this reason; what came before it passed.
    Skipped(String),
    /// The run ended before: by an earlier failure, or because it was stopped.
    NotRun,
}

/// What a step came to.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    /// Its name, or what it does.
    pub name: String,
    /// What it does: `authorize`, `http`, …
    pub action: &'static str,
    /// The user who acts, if the scenario has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where it stands.
    pub position: Position,
    /// The names of the flows that lead to it, outermost first.
    pub within: Vec<String>,
    /// How it ended.
    pub status: Status,
    /// When it began, counted from the scenario's beginning.
    #[serde(serialize_with = "millis")]
    pub started: Duration,
    /// How long it took.
    #[serde(serialize_with = "millis")]
    pub duration: Duration,
    /// How often it was attempted, for `until`.
    pub attempts: u32,
    /// How far the server's clock was moved while waiting.
    #[serde(serialize_with = "millis")]
    pub virtual_wait: Duration,
    /// What went over the wire, in the order of the requests.
    pub exchanges: Vec<Exchange>,
    /// What it came to: a result, or an error that was expected.
    pub result: Value,
    /// What was kept for later steps.
    pub captures: BTreeMap<String, Value>,
    /// What was not as expected.
    pub failures: Vec<Failure>,
}

/// What was not as expected.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// In which way.
    pub kind: FailureKind,
    /// For people.
    pub message: String,
    /// The line that says what was expected.
    pub position: Position,
    /// What was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// The lines in which the two differ, with `-`, `+` and ` ` before each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// Why the server refused a request, as its journal tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
}

/// In which way something was not as expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FailureKind {
    /// An assertion does not hold.
    Assertion,
    /// The step failed, and that was not expected.
    Error,
    /// The step succeeded, and an error was expected.
    NoError,
    /// What was waited for did not come in time.
    Timeout,
    /// What shall be captured is not there.
    Capture,
    /// The snapshot differs, or is missing.
    Snapshot,
    /// The scenario asks for what cannot be done, such as reading before consent.
    Misuse,
    /// The server could not be reached.
    Unreachable,
}

/// What became of a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum SnapshotReport {
    /// The scenario takes none.
    #[default]
    None,
    /// It is as before.
    Same,
    /// It was written.
    Written,
    /// It differs, and the new one waits for `cargo insta review`.
    Pending,
    /// It differs, or there is none.
    Different,
}

impl Report {
    /// How many scenarios ended in a way.
    pub fn count(&self, wanted: impl Fn(&Status) -> bool) -> usize {
        self.scenarios.iter().filter(|scenario| wanted(&scenario.status)).count()
    }

    /// Whether no scenario ran to its end: none was chosen, or all were skipped.
    pub fn is_empty(&self) -> bool {
        self.count(|status| matches!(status, Status::Passed | Status::Failed)) == 0
    }

    /// Whether something ran and nothing failed.
    pub fn passed(&self) -> bool {
        (self.allow_empty || !self.is_empty())
            && self.unreferenced_snapshots.is_empty()
            && self.server_defects.is_empty()
            && self.count(|status| matches!(status, Status::Failed | Status::NotRun)) == 0
    }

    /// Whether a scenario failed because the server could not be reached.
    pub fn unreachable(&self) -> bool {
        let steps = self.scenarios.iter().flat_map(|scenario| &scenario.steps);
        steps.flat_map(|step| &step.failures).any(|failure| failure.kind == FailureKind::Unreachable)
    }
}

impl ScenarioReport {
    /// The failed step, if one failed.
    pub fn failed_step(&self) -> Option<&StepReport> {
        self.steps.iter().find(|step| step.status == Status::Failed)
    }
}

fn millis<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64() * 1000.0)
}

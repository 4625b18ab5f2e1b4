//! What a run says about a server: for each operation the results that were seen, and whether they
//! are as the platform's.

use std::collections::BTreeMap;

use serde::Serialize;

use super::operation;
use crate::position::shown;
use crate::report::{FailureKind, Report, ScenarioReport, Status, StepReport};

/// What a run says about a server.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// What was tested: `embedded`, or the base URL.
    pub target: String,
    /// When (RFC 3339).
    pub started: String,
    /// The operations: those of the platform, then what else was asked for.
    pub operations: Vec<VerifiedOperation>,
    /// What differs without a request that shows it, such as an answer that is refused only later.
    pub other_differences: Vec<Difference>,
    /// Why scenarios were skipped, and how many.
    pub skipped: BTreeMap<String, usize>,
}

/// What an operation answered.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedOperation {
    /// Its method and path.
    pub operation: String,
    /// The results that were seen; none if no scenario that ran asks for it.
    pub results: Vec<VerifiedResult>,
}

/// A result of an operation.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedResult {
    /// Status and, of an error, the platform's code: `401 InvalidToken`.
    pub result: String,
    /// How often it was seen.
    pub times: usize,
    /// What was not as a scenario expects it; empty if all is as the platform's.
    pub differences: Vec<Difference>,
}

/// What a scenario expects and a server does not do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The scenario's file.
    pub file: String,
    /// The step.
    pub step: String,
    /// What is not as expected.
    pub message: String,
}

impl Verification {
    /// Sums up a run. Snapshots do not count: they are of one server.
    pub fn of(report: &Report) -> Self {
        let mut seen: BTreeMap<String, Vec<VerifiedResult>> = BTreeMap::new();
        let mut other_differences = Vec::new();
        let mut skipped: BTreeMap<String, usize> = BTreeMap::new();
        for scenario in &report.scenarios {
            if let Status::Skipped(reason) = &scenario.status {
                *skipped.entry(reason.clone()).or_default() += 1;
            }
            for step in &scenario.steps {
                let differences = differences(scenario, step);
                if step.exchanges.is_empty() {
                    other_differences.extend(differences.iter().cloned());
                }
                for (number, exchange) in step.exchanges.iter().enumerate() {
                    let results = seen.entry(operation::of(exchange)).or_default();
                    let result = result(results, exchange.outcome());
                    result.times += 1;
                    // A step fails by its last answer: it would have ended before.
                    if number + 1 == step.exchanges.len() {
                        result.differences.extend(differences.iter().cloned());
                    }
                }
            }
        }
        let known = operation::all().into_iter().map(|operation| {
            let results = seen.remove(&operation).unwrap_or_default();
            VerifiedOperation { operation, results }
        });
        let mut operations: Vec<_> = known.collect();
        operations
            .extend(seen.into_iter().map(|(operation, results)| VerifiedOperation { operation, results }));
        for operation in &mut operations {
            operation.results.sort_by(|one, other| one.result.cmp(&other.result));
        }
        let (target, started) = (report.target.clone(), report.started.clone());
        Self { target, started, operations, other_differences, skipped }
    }

    /// All differences.
    pub fn differences(&self) -> impl Iterator<Item = &Difference> {
        let results = self.operations.iter().flat_map(|operation| &operation.results);
        results.flat_map(|result| &result.differences).chain(&self.other_differences)
    }

    /// The table for people.
    pub fn table(&self) -> String {
        let mut rows = vec![["operation", "result", "times", "verdict"].map(str::to_owned)];
        for VerifiedOperation { operation, results } in &self.operations {
            if results.is_empty() {
                rows.push([operation.clone(), "-".to_owned(), "-".to_owned(), "not tested".to_owned()]);
            }
            for (number, result) in results.iter().enumerate() {
                let name = if number == 0 { operation.clone() } else { String::new() };
                let verdict = match result.differences.len() {
                    0 => "as expected".to_owned(),
                    1 => "DIFFERS (1)".to_owned(),
                    count => format!("DIFFERS ({count})"),
                };
                rows.push([name, result.result.clone(), result.times.to_string(), verdict]);
            }
        }
        let width =
            |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths = [width(0), width(1), width(2)];
        let mut text = String::new();
        for [operation, result, times, verdict] in &rows {
            let [first, second, third] = widths;
            text.push_str(&format!("{operation:<first$}  {result:<second$}  {times:>third$}  {verdict}\n"));
        }
        for difference in self.differences() {
            text.push_str(&format!(
                "\n{}, step {}:\n  {}\n",
                difference.file, difference.step, difference.message
            ));
        }
        for (reason, count) in &self.skipped {
            text.push_str(&format!("\n{count} skipped: {reason}"));
        }
        if !self.skipped.is_empty() {
            text.push('\n');
        }
        text
    }
}

fn result(results: &mut Vec<VerifiedResult>, name: String) -> &mut VerifiedResult {
    let at = results.iter().position(|result| result.result == name).unwrap_or_else(|| {
        results.push(VerifiedResult { result: name, times: 0, differences: Vec::new() });
        results.len() - 1
    });
    &mut results[at]
}

fn differences(scenario: &ScenarioReport, step: &StepReport) -> Vec<Difference> {
    let counted = step.failures.iter().filter(|failure| failure.kind != FailureKind::Snapshot);
    let difference = |message: &String| Difference {
        file: shown(&scenario.file),
        step: step.path(),
        message: message.clone(),
    };
    counted.map(|failure| difference(&failure.message)).collect()
}

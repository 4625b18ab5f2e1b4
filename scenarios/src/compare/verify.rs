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
    /// The generation of the API, if it was asked in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<String>,
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
        let mut seen: BTreeMap<String, BTreeMap<Option<String>, Vec<VerifiedResult>>> = BTreeMap::new();
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
                    let generations = seen.entry(operation::of(exchange)).or_default();
                    let results = generations.entry(exchange.generation.clone()).or_default();
                    let result = result(results, exchange.outcome());
                    result.times += 1;
                    // A step fails by its last answer: it would have ended before.
                    if number + 1 == step.exchanges.len() {
                        result.differences.extend(differences.iter().cloned());
                    }
                }
            }
        }
        let known = operation::all().into_iter().flat_map(|operation| {
            let untested = || BTreeMap::from([(None, Vec::new())]);
            let generations = seen.remove(&operation).unwrap_or_else(untested);
            of_generations(operation, generations)
        });
        let mut operations: Vec<_> = known.collect();
        let others = seen.into_iter().flat_map(|(operation, found)| of_generations(operation, found));
        operations.extend(others);
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
        let mut rows = vec![["operation", "generation", "result", "times", "verdict"].map(str::to_owned)];
        for VerifiedOperation { operation, generation, results } in &self.operations {
            let dash = || "-".to_owned();
            let generation = generation.clone().unwrap_or_else(dash);
            if results.is_empty() {
                let untested = "not tested".to_owned();
                rows.push([operation.clone(), generation.clone(), dash(), dash(), untested]);
            }
            for (number, result) in results.iter().enumerate() {
                let first = |text: &String| if number == 0 { text.clone() } else { String::new() };
                let verdict = match result.differences.len() {
                    0 => "as expected".to_owned(),
                    1 => "DIFFERS (1)".to_owned(),
                    count => format!("DIFFERS ({count})"),
                };
                let (result, times) = (result.result.clone(), result.times.to_string());
                rows.push([first(operation), first(&generation), result, times, verdict]);
            }
        }
        let width =
            |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let [first, second, third, fourth] = [width(0), width(1), width(2), width(3)];
        let mut text = String::new();
        for [operation, generation, result, times, verdict] in &rows {
            text.push_str(&format!(
                "{operation:<first$}  {generation:<second$}  {result:<third$}  {times:>fourth$}  {verdict}\n"
            ));
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

fn of_generations(
    operation: String,
    generations: BTreeMap<Option<String>, Vec<VerifiedResult>>,
) -> impl Iterator<Item = VerifiedOperation> {
    let row =
        move |(generation, results)| VerifiedOperation { operation: operation.clone(), generation, results };
    generations.into_iter().map(row)
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

//! The report as JUnit XML, which CI systems show: a suite a folder, a case a scenario.

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

use super::{Failure, FailureKind, RenderError, Report, ScenarioReport, Status};
use crate::position::shown;

/// The report as JUnit XML.
///
/// A scenario whose server could not be reached, or that asks for what cannot be done, is an `error`;
/// any other that failed is a `failure`.
///
/// # Errors
/// If the XML cannot be written.
pub fn render(report: &Report) -> Result<String, RenderError> {
    let mut junit = quick_junit::Report::new(format!("digime-scenarios at {}", report.target));
    junit.set_time(report.duration);
    for group in report.groups() {
        let mut suite = TestSuite::new(group.folder);
        suite.extra.insert("timestamp".into(), report.started.as_str().into());
        suite.add_property(Property::new("target", report.target.as_str()));
        if let Some(seed) = report.seed {
            suite.add_property(Property::new("seed", seed.to_string()));
        }
        suite.set_time(group.scenarios.iter().map(|scenario| scenario.duration).sum());
        suite.add_test_cases(group.scenarios.iter().map(|scenario| case(scenario, report)));
        junit.add_test_suite(suite);
    }
    if !report.unreferenced_snapshots.is_empty() {
        let mut suite = TestSuite::new("snapshots");
        for path in &report.unreferenced_snapshots {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("snapshot").set_message("no scenario takes this snapshot: remove it");
            suite.add_test_case(TestCase::new(shown(path), status));
        }
        junit.add_test_suite(suite);
    }
    let skipped = format!(" skipped=\"{}\"", junit.skipped);
    // The schema that CI systems check against knows this attribute at suites only.
    let text = junit.to_string()?.replacen(&skipped, "", 1);
    // The library leaves out what XML cannot hold, but for these two.
    Ok(text.replace(['\u{fffe}', '\u{ffff}'], ""))
}

fn case(scenario: &ScenarioReport, report: &Report) -> TestCase {
    let name = match report.is_repeated() {
        true => format!("{} (run {})", scenario.name, scenario.repetition),
        false => scenario.name.clone(),
    };
    let mut case = TestCase::new(name, status(scenario, report));
    case.set_classname(shown(&scenario.file)).set_time(scenario.duration);
    if !scenario.steps.is_empty() {
        case.set_system_out(steps(scenario));
    }
    case
}

fn status(scenario: &ScenarioReport, report: &Report) -> TestCaseStatus {
    let skipped = |reason: &str| {
        let mut status = TestCaseStatus::skipped();
        status.set_message(reason);
        status
    };
    match &scenario.status {
        Status::Passed => TestCaseStatus::success(),
        Status::Skipped(reason) => skipped(reason),
        Status::NotRun if report.count(|status| *status == Status::Failed) > 0 => {
            skipped("an earlier failure ended the run")
        }
        Status::NotRun => skipped("the run ended before"),
        Status::Failed => {
            let step = scenario.failed_step();
            let failures = step.map(|step| step.failures.as_slice()).unwrap_or_default();
            let beyond_the_server =
                |failure: &Failure| matches!(failure.kind, FailureKind::Unreachable | FailureKind::Misuse);
            let kind = match failures.iter().any(beyond_the_server) {
                true => NonSuccessKind::Error,
                false => NonSuccessKind::Failure,
            };
            let mut status = TestCaseStatus::non_success(kind);
            if let (Some(step), Some(first)) = (step, failures.first()) {
                status.set_type(first.kind.word()).set_message(format!("{}: {}", step.name, first.message));
            }
            status.set_description(failures.iter().map(described).collect::<Vec<_>>().join("\n"));
            status
        }
    }
}

fn described(failure: &Failure) -> String {
    let mut text = format!("{}\n  at {}\n", failure.message, failure.position);
    let mut part = |name: &str, value: &Option<String>| {
        if let Some(value) = value {
            text.push_str(&format!("{name}:\n{}\n", value.trim_end()));
        }
    };
    if failure.diff.is_none() {
        part("expected", &failure.expected);
        part("actual", &failure.actual);
    }
    part("difference", &failure.diff);
    part("why the server refused", &failure.explanation);
    text
}

/// A line a step, and below it a line a request.
fn steps(scenario: &ScenarioReport) -> String {
    let mut text = String::new();
    for step in &scenario.steps {
        text.push_str(&format!("{:<8}{}\n", step.status.word(), step.path()));
        for exchange in &step.exchanges {
            text.push_str(&format!("        {} -> {}\n", exchange.request_line(), exchange.outcome()));
        }
    }
    text
}

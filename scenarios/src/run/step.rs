//! One step: act, wait, compare, keep.

use std::time::Duration;

use serde_json::Value;

use super::scenario::ScenarioRun;
use crate::assert::{self, AssertionFailure};
use crate::context::{StepError, StepOutcome};
use crate::document::{LoadedFile, StepOptions};
use crate::format::{Expectations, JsonType};
use crate::position::Place;
use crate::report::{ExchangeView, Failure, FailureKind, Status, StepReport};
use crate::step::Action;

/// How long `until` waits if nothing is said.
const WITHIN: Duration = Duration::from_secs(60);
/// How long it waits between two attempts.
const EVERY: Duration = Duration::from_millis(500);

/// What came of trying until it was as wanted.
struct Attempts {
    outcome: StepOutcome,
    attempts: u32,
    waited: Duration,
    moved: Duration,
    /// What was still not as wanted when time was up.
    overdue: Vec<AssertionFailure>,
}

/// Runs a step.
pub(super) async fn run(
    run: &mut ScenarioRun,
    file: &LoadedFile,
    action: &Action,
    options: &StepOptions,
    place: Place,
    user: Option<&str>,
) -> StepReport {
    let mut report = StepReport::blank(file, place, action.name(), options.name.clone());
    report.user = user.map(str::to_owned);
    report.started = run.context.recording.elapsed();
    let first = run.context.recording.len();
    let attempted = attempt(run, action, options).await;
    report.attempts = attempted.attempts;
    report.virtual_wait = attempted.moved;
    report.duration = run.context.recording.elapsed().saturating_sub(report.started);

    let mut raw = run.context.recording.since(first);
    if action.is_concurrent() {
        raw.sort_by(|one, other| (&one.url, one.status).cmp(&(&other.url, other.status)));
    }
    report.exchanges = raw.iter().map(|raw| run.view.exchange(raw)).collect();
    if let Err(StepError::Skip(reason)) = &attempted.outcome {
        report.status = Status::Skipped(reason.clone());
        return report;
    }
    if let Ok(value) | Err(StepError::Refused(value)) = &attempted.outcome {
        report.result = run.view.value("", value);
    }
    let failures = match attempted.overdue.is_empty() {
        false => overdue(&attempted),
        // What was waited for is all that is expected, if nothing else is said.
        true if options.until.is_some() && options.expect.is_empty() => Vec::new(),
        true => assert::check(&options.expect, &attempted.outcome, &run.context),
    };
    let mut explanation = match failures.is_empty() {
        true => None,
        false => explain(run, &attempted.outcome).await,
    };
    for failure in failures {
        // Told once, at the first of the failures.
        let failure = shown(&mut run.view, file, place, failure, explanation.take());
        report.fail(failure);
    }
    if report.status == Status::Passed {
        capture(run, file, options, &attempted.outcome, &mut report);
    }
    report
}

async fn attempt(run: &mut ScenarioRun, action: &Action, options: &StepOptions) -> Attempts {
    let within = options.within.as_ref().map_or(WITHIN, |span| span.value.0);
    let every = options.every.as_ref().map_or(EVERY, |span| span.value.0).max(Duration::from_millis(1));
    let mut attempted = Attempts {
        outcome: Ok(Value::Null),
        attempts: 0,
        waited: Duration::ZERO,
        moved: Duration::ZERO,
        overdue: Vec::new(),
    };
    loop {
        attempted.outcome = action.act(&mut run.context).await;
        attempted.attempts += 1;
        let Some(until) = &options.until else { return attempted };
        let wanted: &Expectations = &until.value;
        if matches!(
            attempted.outcome,
            Err(StepError::Skip(_) | StepError::Misuse(_) | StepError::Unreachable(_))
        ) {
            return attempted;
        }
        let failures = assert::check(wanted, &attempted.outcome, &run.context);
        if failures.is_empty() {
            return attempted;
        }
        if attempted.waited >= within {
            attempted.overdue = failures;
            return attempted;
        }
        match run.context.wait(every).await {
            Ok(moved) => attempted.moved += moved,
            Err(error) => {
                attempted.outcome = Err(error);
                return attempted;
            }
        }
        attempted.waited += every;
    }
}

fn overdue(attempted: &Attempts) -> Vec<AssertionFailure> {
    let message = |failure: &AssertionFailure| {
        format!("after {} attempts in {:?}: {}", attempted.attempts, attempted.waited, failure.message)
    };
    let late = |failure: &AssertionFailure| AssertionFailure {
        kind: FailureKind::Timeout,
        message: message(failure),
        ..failure.clone()
    };
    attempted.overdue.iter().map(late).collect()
}

/// Why the server refused, if it did and tells.
async fn explain(run: &ScenarioRun, outcome: &StepOutcome) -> Option<String> {
    let Err(StepError::Refused(value)) = outcome else { return None };
    let reference = value["error"]["reference"].as_str()?;
    run.context.environment.control.as_ref()?.explain(reference).await
}

fn shown(
    view: &mut ExchangeView,
    file: &LoadedFile,
    step: Place,
    failure: AssertionFailure,
    explanation: Option<String>,
) -> Failure {
    let mut redacted = |value: &Value| view.value("", value);
    let (expected, actual) =
        (failure.expected.as_ref().map(&mut redacted), failure.actual.as_ref().map(&mut redacted));
    let quoted = expected.as_ref().zip(actual.as_ref()).is_some_and(|(one, other)| look_alike(one, other));
    let text = |value: Value| match value {
        Value::String(text) if !quoted => text,
        other => serde_json::to_string_pretty(&other).unwrap_or_default(),
    };
    let (expected, actual) = (expected.map(text), actual.map(text));
    let diff = match (&expected, &actual) {
        (Some(expected), Some(actual)) if expected.contains('\n') && actual.contains('\n') => {
            Some(assert::diff(expected, actual))
        }
        _ => None,
    };
    Failure {
        kind: failure.kind,
        message: view.text(&failure.message),
        position: file.position(failure.place.unwrap_or(step)),
        expected,
        actual,
        diff,
        explanation: explanation.map(|text| view.text(&text)),
    }
}

/// Whether two values need their JSON form to be told apart: `"1"` from `1`. A list or a mapping does only beside
/// a text that reads like it, because what is expected of it may be said in words.
fn look_alike(expected: &Value, actual: &Value) -> bool {
    let is_plain = |value: &Value| !value.is_array() && !value.is_object();
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (wanted, came) = (JsonType::of(expected), JsonType::of(actual));
    wanted != came && (is_plain(expected) && is_plain(actual) || shown(expected) == shown(actual))
}

fn capture(
    run: &mut ScenarioRun,
    file: &LoadedFile,
    options: &StepOptions,
    outcome: &StepOutcome,
    report: &mut StepReport,
) {
    let (Ok(value) | Err(StepError::Refused(value))) = outcome else { return };
    for (name, capture) in &options.capture {
        let path = capture.value.path.as_str();
        match capture.value.find(value) {
            Some(found) => {
                report.captures.insert(name.clone(), run.view.value(last_name(path), &found));
                run.context.capture(name, found);
            }
            None => {
                let what = match (&capture.value.regex, capture.value.path.find(value)) {
                    (Some(regex), Some(_)) => format!("{path} does not match {:?}", regex.as_str()),
                    _ => format!("{path} is not there"),
                };
                let message = format!("{what}, so `{name}` cannot be captured");
                let mut failure = Failure::new(FailureKind::Capture, message, file.position(capture.place));
                failure.actual = serde_json::to_string_pretty(&report.result).ok();
                report.fail(failure);
            }
        }
    }
}

/// The last name of a path, by which its value is redacted: `code` of `$.parameters.code`.
fn last_name(path: &str) -> &str {
    path.rsplit(['.', '\'', '"', '[', ']']).find(|part| !part.is_empty()).unwrap_or_default()
}

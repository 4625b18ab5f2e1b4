//! One step: act, wait, compare, keep.

use std::time::Duration;

use serde_json::Value;

use super::case::Play;
use crate::action::{Action, Outcome, Trouble};
use crate::assertion::{self, Unmet};
use crate::format::{Around, Expectations};
use crate::load::Loaded;
use crate::position::Place;
use crate::report::{Failure, FailureKind, Shower, Status, StepReport};

/// How long `until` waits if nothing is said.
const WITHIN: Duration = Duration::from_secs(60);
/// How long it waits between two attempts.
const EVERY: Duration = Duration::from_millis(500);

/// What came of trying until it was as wanted.
struct Tried {
    outcome: Outcome,
    attempts: u32,
    waited: Duration,
    moved: Duration,
    /// What was still not as wanted when time was up.
    overdue: Vec<Unmet>,
}

/// Runs a step.
pub(super) async fn run(
    play: &mut Play,
    file: &Loaded,
    action: &Action,
    around: &Around,
    place: Place,
    user: Option<&str>,
) -> StepReport {
    let mut report = StepReport::blank(file, place, action.name(), around.name.clone());
    report.user = user.map(str::to_owned);
    report.started = play.scene.recording.elapsed();
    let first = play.scene.recording.len();
    let tried = attempt(play, action, around).await;
    report.attempts = tried.attempts;
    report.virtual_wait = tried.moved;
    report.duration = play.scene.recording.elapsed().saturating_sub(report.started);

    let raw = play.scene.recording.since(first);
    report.exchanges = raw.iter().map(|raw| play.shower.exchange(raw)).collect();
    if let Err(Trouble::Skip(reason)) = &tried.outcome {
        report.status = Status::Skipped(reason.clone());
        return report;
    }
    if let Ok(value) | Err(Trouble::Refused(value)) = &tried.outcome {
        report.result = play.shower.value("", value);
    }
    let unmet = match tried.overdue.is_empty() {
        false => overdue(&tried),
        // What was waited for is all that is expected, if nothing else is said.
        true if around.until.is_some() && around.expect.is_empty() => Vec::new(),
        true => assertion::unmet(&around.expect, &tried.outcome, &play.scene),
    };
    let mut explanation = match unmet.is_empty() {
        true => None,
        false => explain(play, &tried.outcome).await,
    };
    for unmet in unmet {
        // Told once, at the first of the failures.
        let failure = shown(&mut play.shower, file, place, unmet, explanation.take());
        report.fail(failure);
    }
    if report.status == Status::Passed {
        capture(play, file, around, &tried.outcome, &mut report);
    }
    report
}

async fn attempt(play: &mut Play, action: &Action, around: &Around) -> Tried {
    let within = around.within.map_or(WITHIN, |span| span.0);
    let every = around.every.map_or(EVERY, |span| span.0).max(Duration::from_millis(1));
    let mut tried = Tried {
        outcome: Ok(Value::Null),
        attempts: 0,
        waited: Duration::ZERO,
        moved: Duration::ZERO,
        overdue: Vec::new(),
    };
    loop {
        tried.outcome = action.act(&mut play.scene).await;
        tried.attempts += 1;
        let Some(until) = &around.until else { return tried };
        let wanted: &Expectations = &until.value;
        if matches!(tried.outcome, Err(Trouble::Skip(_) | Trouble::Misuse(_) | Trouble::Unreachable(_))) {
            return tried;
        }
        let unmet = assertion::unmet(wanted, &tried.outcome, &play.scene);
        if unmet.is_empty() {
            return tried;
        }
        if tried.waited >= within {
            tried.overdue = unmet;
            return tried;
        }
        match play.scene.wait(every).await {
            Ok(moved) => tried.moved += moved,
            Err(trouble) => {
                tried.outcome = Err(trouble);
                return tried;
            }
        }
        tried.waited += every;
    }
}

fn overdue(tried: &Tried) -> Vec<Unmet> {
    let message =
        |unmet: &Unmet| format!("after {} attempts in {:?}: {}", tried.attempts, tried.waited, unmet.message);
    let late = |unmet: &Unmet| Unmet { kind: FailureKind::Timeout, message: message(unmet), ..unmet.clone() };
    tried.overdue.iter().map(late).collect()
}

/// Why the server refused, if it did and tells.
async fn explain(play: &Play, outcome: &Outcome) -> Option<String> {
    let Err(Trouble::Refused(value)) = outcome else { return None };
    let reference = value["error"]["reference"].as_str()?;
    play.scene.stage.control.as_ref()?.explain(reference).await
}

fn shown(
    shower: &mut Shower,
    file: &Loaded,
    step: Place,
    unmet: Unmet,
    explanation: Option<String>,
) -> Failure {
    let mut text = |value: &Value| match shower.value("", value) {
        Value::String(text) => text,
        other => serde_json::to_string_pretty(&other).unwrap_or_default(),
    };
    let (expected, actual) = (unmet.expected.as_ref().map(&mut text), unmet.actual.as_ref().map(&mut text));
    let diff = match (&expected, &actual) {
        (Some(expected), Some(actual)) if expected.contains('\n') && actual.contains('\n') => {
            Some(assertion::diff(expected, actual))
        }
        _ => None,
    };
    Failure {
        kind: unmet.kind,
        message: shower.text(&unmet.message),
        position: file.position(unmet.place.unwrap_or(step)),
        expected,
        actual,
        diff,
        explanation: explanation.map(|text| shower.text(&text)),
    }
}

fn capture(play: &mut Play, file: &Loaded, around: &Around, outcome: &Outcome, report: &mut StepReport) {
    let (Ok(value) | Err(Trouble::Refused(value))) = outcome else { return };
    for (name, path) in &around.capture {
        match path.value.find(value) {
            Some(found) => {
                report
                    .captures
                    .insert(name.clone(), play.shower.value(last_name(path.value.as_str()), &found));
                play.scene.capture(name, found);
            }
            None => {
                let message = format!("{} is not there, so `{name}` cannot be captured", path.value.as_str());
                let mut failure = Failure::new(FailureKind::Capture, message, file.position(path.place));
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

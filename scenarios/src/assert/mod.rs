//! Whether what came is what was expected.

mod diff;
mod predicate;

use serde_json::{Value, json};

pub(crate) use diff::diff;
pub(crate) use predicate::holds;

use crate::context::{StepError, StepOutcome};
use crate::format::template::{self, Values};
use crate::format::{Expectations, Field, Path, Predicate};
use crate::position::Place;
use crate::report::FailureKind;
use crate::yaml::At;

/// What is not as expected, before it is redacted.
#[derive(Clone, Debug)]
pub(crate) struct AssertionFailure {
    pub(crate) kind: FailureKind,
    /// The line that says what was expected; the step's own, if none does.
    pub(crate) place: Option<Place>,
    pub(crate) message: String,
    pub(crate) expected: Option<Value>,
    pub(crate) actual: Option<Value>,
}

impl AssertionFailure {
    fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, place: None, message: message.into(), expected: None, actual: None }
    }

    fn at(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    fn values(self, expected: Value, actual: Option<Value>) -> Self {
        Self { expected: Some(expected), actual, ..self }
    }
}

/// What of the expectations does not hold for an outcome; empty if all do.
pub(crate) fn check(
    expected: &Expectations,
    outcome: &StepOutcome,
    values: &dyn Values,
) -> Vec<AssertionFailure> {
    let value = match outcome {
        Ok(value) => value,
        Err(StepError::Refused(value)) => value,
        Err(StepError::Mismatch { message, expected, actual }) => {
            let failure = AssertionFailure::new(FailureKind::Assertion, message);
            return vec![failure.values(expected.as_str().into(), Some(actual.as_str().into()))];
        }
        Err(StepError::Misuse(message)) => return vec![AssertionFailure::new(FailureKind::Misuse, message)],
        Err(StepError::Unreachable(message)) => {
            return vec![AssertionFailure::new(FailureKind::Unreachable, message)];
        }
        Err(StepError::Skip(_)) => return Vec::new(),
    };
    let refused = outcome.is_err();
    if value["unreachable"] == true {
        return vec![AssertionFailure::new(FailureKind::Unreachable, text_of(&value["message"]))];
    }
    let bad = |status: &At<Field<u16>>| template::field(&status.value, values).is_ok_and(|it| it >= 400);
    let wants_error = expected.wants_error() || expected.status.as_ref().is_some_and(bad);
    if refused && !wants_error {
        return vec![
            AssertionFailure::new(FailureKind::Error, refusal(value))
                .values("success".into(), Some(value.clone())),
        ];
    }
    let mut failures = Vec::new();
    if let Some(status) = refused_at_once(value)
        && expected.paths.is_empty()
    {
        let message = format!("a request was refused with {status}; `$.statuses` may expect that");
        let failure = AssertionFailure::new(FailureKind::Error, message);
        failures.push(failure.values("success".into(), Some(value["statuses"].clone())));
    }
    if !refused && wants_error {
        failures.push(AssertionFailure::new(
            FailureKind::NoError,
            "an error was expected, and the step succeeded",
        ));
    }
    let named = [
        (&expected.error, &value["error"]["code"], "the error's code"),
        (&expected.kind, &value["kind"], "the error's kind"),
    ];
    for (wanted, actual, what) in named {
        failures.extend(wanted.as_ref().and_then(|wanted| word(wanted, actual, what, values)));
    }
    if let Some(status) = &expected.status {
        failures.extend(equal(
            status.place,
            template::field(&status.value, values).map(Value::from),
            &value["status"],
            "the status",
        ));
    }
    if let Some(message) = &expected.message {
        failures.extend(
            holds(&message.value, Some(&value["message"]), values)
                .map(|failure| failure.about("the message").at(message.place)),
        );
    }
    for (path, predicate) in &expected.paths {
        let found = path.find(value);
        let unlike = holds(&predicate.value, found.as_ref(), values)
            .or_else(|| vacuous(path, &predicate.value, found.as_ref()));
        failures.extend(unlike.map(|failure| failure.about(path.as_str()).at(path.place)));
    }
    failures
}

impl AssertionFailure {
    fn about(self, what: &str) -> Self {
        let message = format!("{what}: {}", self.message);
        Self { message, ..self }
    }
}

/// The last refusal among requests that were sent at once.
fn refused_at_once(value: &Value) -> Option<u64> {
    value["statuses"].as_array()?.iter().filter_map(Value::as_u64).rfind(|status| *status >= 400)
}

/// Something that is asserted about all that a path finds, and holds because it finds nothing, as for a
/// name that is misspelt.
fn vacuous(path: &Path, predicate: &Predicate, found: Option<&Value>) -> Option<AssertionFailure> {
    let found_nothing = !path.names_one_place() && found.is_some_and(|found| found == &json!([]));
    let about_all = matches!(predicate, Predicate::Operators(operators) if operators.are_about_all_items());
    let message = "the path finds nothing, and what is said of all holds for nothing; `min_count: 0` beside it allows that";
    (found_nothing && about_all).then(|| AssertionFailure::new(FailureKind::Assertion, message))
}

fn word(
    wanted: &At<Field<String>>,
    actual: &Value,
    what: &str,
    values: &dyn Values,
) -> Option<AssertionFailure> {
    equal(wanted.place, template::field(&wanted.value, values).map(Value::from), actual, what)
}

fn equal(
    place: Place,
    wanted: Result<Value, String>,
    actual: &Value,
    what: &str,
) -> Option<AssertionFailure> {
    match wanted {
        Ok(wanted) if wanted == *actual => None,
        Ok(wanted) => {
            let message = format!("{what} is another one");
            Some(
                AssertionFailure::new(FailureKind::Assertion, message)
                    .values(wanted, Some(actual.clone()))
                    .at(place),
            )
        }
        Err(message) => Some(AssertionFailure::new(FailureKind::Misuse, message).at(place)),
    }
}

fn refusal(value: &Value) -> String {
    match (value["error"]["code"].as_str(), value["status"].as_u64()) {
        (Some(code), Some(status)) => {
            format!("the step failed: {status} {code}: {}", text_of(&value["error"]["message"]))
        }
        (None, Some(status)) if value["message"].is_null() => {
            format!("the step failed: the server answered {status}")
        }
        _ => format!("the step failed: {}", text_of(&value["message"])),
    }
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

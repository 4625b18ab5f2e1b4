//! Why a step comes to no result.

use std::error::Error as _;

use digime::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::target::ControlError;

/// What a step comes to: a result, or why there is none.
pub(crate) type StepOutcome = Result<Value, StepError>;

/// Why there is no result.
#[derive(Clone, Debug)]
pub(crate) enum StepError {
    /// The platform, or the SDK for it, refused: a result of its own that a step may expect.
    Refused(Value),
    /// It cannot be done at this target.
    Skip(String),
    /// The scenario asks for what cannot be done.
    Misuse(String),
    /// What was looked at is not as the step says.
    Mismatch { message: String, expected: String, actual: String },
    /// The server cannot be reached.
    Unreachable(String),
}

impl From<Error> for StepError {
    fn from(error: Error) -> Self {
        let api = error.api();
        let described = json!({
            "kind": format!("{:?}", error.kind()),
            "error": api.map(|api| json!({
                "code": api.code.as_str(), "message": api.message, "reference": api.reference,
            })),
            "status": error.status(),
            "operation": error.operation().map(|operation| operation.as_str()),
            "message": error.to_string(),
            "attempts": (error.attempts() > 0).then(|| error.attempts()),
            "retryAfter": error.retry_after().map(|after| after.as_secs()),
            "retryable": error.is_retryable(),
            "needsReauthorization": error.needs_reauthorization(),
            "unreachable": (error.kind() == ErrorKind::Transport && refused_connection(&error)).then_some(true),
        });
        Self::Refused(without_nulls(described))
    }
}

impl From<ControlError> for StepError {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Unreachable(_) => Self::Unreachable(error.to_string()),
            _ => Self::Misuse(error.to_string()),
        }
    }
}

fn refused_connection(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused)
        {
            return true;
        }
        cause = inner.source();
    }
    false
}

/// Of a list the items that are there, of an object the members that have a value.
pub(crate) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

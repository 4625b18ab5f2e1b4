//! What a step comes to when it does not come to a result.

use std::error::Error as _;

use digime::{Error, ErrorKind};
use serde_json::{Value, json};

use super::without_nulls;
use crate::target::ControlError;

/// A result, or trouble.
pub(crate) type Outcome = Result<Value, Trouble>;

/// Why there is no result.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// The platform, or the SDK for it, refused: a result of its own that a step may expect.
    Refused(Value),
    /// It cannot be done at this target.
    Skip(String),
    /// The scenario asks for what cannot be done.
    Misuse(String),
    /// What was looked at is not as the step says.
    Unlike { message: String, expected: String, actual: String },
    /// The server cannot be reached.
    Unreachable(String),
}

impl From<Error> for Trouble {
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

impl From<ControlError> for Trouble {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Unreachable(_) => Self::Unreachable(error.to_string()),
            ControlError::Refused(_) => Self::Misuse(error.to_string()),
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

/// The innermost cause of a failure to reach a server: what helps people.
pub(crate) fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}

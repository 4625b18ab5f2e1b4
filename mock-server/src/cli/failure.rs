//! How the program ends when it does not succeed.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use crate::config::sources::ConfigError;

/// An end of the program other than success: what failed, why, and what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Something failed on the way: exit code 1.
    #[error("{0}")]
    OnTheWay(String),
    /// The arguments, a variable or the configuration file cannot be used: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Whoever read the output has seen enough, as `head` does: quiet, and no failure.
    #[error("the output is closed")]
    OutputClosed,
}

impl Failure {
    pub(super) fn new(problem: impl Display) -> Self {
        Self::OnTheWay(problem.to_string())
    }

    pub(super) fn usage(problem: impl Display) -> Self {
        Self::Usage(problem.to_string())
    }

    /// Tells the user, and gives the exit code.
    pub(super) fn report(&self) -> ExitCode {
        let code = match self {
            Self::OutputClosed => return ExitCode::SUCCESS,
            Self::OnTheWay(_) => 1,
            Self::Usage(_) => 2,
        };
        // Nobody can be told that nobody can be told.
        let _ = io::Write::write_all(&mut io::stderr(), format!("digime-mock: {self}\n").as_bytes());
        ExitCode::from(code)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error)
    }
}

//! Where the value of a setting came from.

use std::fmt;

/// Where the value of a setting came from: errors name it, because whoever reads them looks for the place
/// to change, and a variable that a parent process set is easily overlooked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nobody set it.
    Default,
    /// A Rust test that builds a server.
    Code,
    /// A request to administration.
    Administration,
    /// A flag of the command line, such as `--port`.
    Flag(String),
    /// An environment variable, such as `DIGIME_MOCK_PORT`.
    Variable(String),
    /// The configuration file.
    File {
        /// The file, as it was named.
        path: String,
        /// The line, from 1.
        line: usize,
        /// The key with its table, such as `lifetimes.code`.
        key: String,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the built-in defaults"),
            Self::Code => f.write_str("the settings of this server"),
            Self::Administration => f.write_str("administration"),
            Self::Flag(flag) => write!(f, "the flag --{flag}"),
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::File { path, line, key } => write!(f, "{path}, line {line}, key {key}"),
        }
    }
}

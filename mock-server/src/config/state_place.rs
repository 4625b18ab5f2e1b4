//! Where a server keeps its state.

use std::path::PathBuf;

/// Where a server keeps its state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatePlace {
    /// In memory: it is forgotten when the server ends.
    #[default]
    Memory,
    /// In a SQLite file, with a folder beside it for large contents. One server uses it at a time.
    File(PathBuf),
}

/// Why the state cannot be opened. What is there is left as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Another server uses it.
    #[error("{0} is used by another server; a file serves one at a time")]
    InUse(String),
    /// It is none of this program.
    #[error("{0} is no state of digime-mock; nothing was written to it")]
    Foreign(String),
    /// It is damaged.
    #[error("{place} is damaged; nothing was written to it: {problem}")]
    Damaged {
        /// The state.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// It is of a newer version of the program.
    #[error("{place} is of a newer digime-mock: its schema is version {version}, and this one knows {known}")]
    Newer {
        /// The state.
        place: String,
        /// Its version.
        version: i64,
        /// The newest that is known.
        known: i64,
    },
    /// It cannot be read or written.
    #[error("the state in {place} cannot be used: {problem}")]
    Unusable {
        /// The state.
        place: String,
        /// Why.
        problem: String,
    },
    /// The program was built without what it needs.
    #[error("this digime-mock was built without the feature \"{0}\", which this state needs")]
    NotBuilt(&'static str),
}

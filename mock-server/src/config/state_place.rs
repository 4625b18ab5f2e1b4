//! Where a server keeps its state.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

/// Where a server keeps its state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatePlace {
    /// In memory: it is forgotten when the server ends.
    #[default]
    Memory,
    /// In a SQLite file, with a folder beside it for large contents. One server uses it at a time.
    File(PathBuf),
    /// In a PostgreSQL database, which several servers may share.
    Postgres(DatabaseUrl),
}

/// Where a PostgreSQL database is. Its password is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Url);

/// A text is no URL of a PostgreSQL database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a database is named as postgres://user@host:5432/database; its password may be in PGPASSWORD")]
pub struct DatabaseUrlError;

impl DatabaseUrl {
    /// Whether a text is meant to be one.
    #[cfg(feature = "cli")]
    pub(crate) fn is_meant(text: &str) -> bool {
        ["postgres:", "postgresql:"].iter().any(|scheme| text.starts_with(scheme))
    }

    /// All of it, with the password.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code))]
    pub(crate) fn secret(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| DatabaseUrlError)?;
        match url.scheme() {
            "postgres" | "postgresql" if url.has_host() => Ok(Self(url)),
            _ => Err(DatabaseUrlError),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    /// Without the password and the options, which may hold another.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = Some(self.0.username()).filter(|user| !user.is_empty());
        let user = user.map(|user| format!("{user}@")).unwrap_or_default();
        let port = self.0.port().map(|port| format!(":{port}")).unwrap_or_default();
        let host = self.0.host_str().unwrap_or_default();
        write!(f, "{}://{user}{host}{port}{}", self.0.scheme(), self.0.path())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let url: DatabaseUrl = "postgres://ann:secret@db.test:5433/mock?password=other".parse().unwrap();
        for shown in [url.to_string(), format!("{url:?}"), format!("{:?}", StatePlace::Postgres(url.clone()))]
        {
            assert!(shown.contains("postgres://ann@db.test:5433/mock"), "{shown}");
            assert!(!shown.contains("secret") && !shown.contains("other"), "{shown}");
        }
        for text in ["postgres:", "mysql://a/b", "state.db", "postgres://"] {
            assert_eq!(text.parse::<DatabaseUrl>(), Err(DatabaseUrlError), "{text}");
        }
    }
}

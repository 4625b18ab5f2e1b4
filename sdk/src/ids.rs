//! Identifiers, each its own type so that they cannot be mixed up.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::crypto::secret::secret_newtype;
use crate::error::{Error, Result};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps an identifier as the platform wrote it.
            #[must_use]
            pub fn new(value: impl Into<String>) -> Self {
                Self(value.into())
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                Self::new(value)
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self::new(value)
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    };
}

text_id! {
    /// Id of a data-sharing contract. Underscores are allowed
    /// (protocol reference, legacy rule 25).
    ContractId
}
text_id! {
    /// Id of a connected account, `{serviceId}_{opaque}`
    /// (protocol reference, objects §3).
    AccountId
}
text_id! {
    /// Id of a user's storage, provisional or bound (protocol reference, http-api §8.1).
    StorageId
}
text_id! {
    /// Id of a user's library (`sub` of the token; protocol reference, http-api §3.1).
    UserId
}
text_id! {
    /// The `accountReference` of a callback; equals `reference` of the new account
    /// (protocol reference, consent-web §5.1).
    AccountReference
}
text_id! {
    /// Name of a file in a session, unique there (protocol reference, objects §1).
    /// It comes from the server: never use it as a path, see
    /// [`FileName::sanitized`].
    FileName
}

secret_newtype! {
    /// Key of a read session (protocol reference, http-api §4.2). Older versions of
    /// the platform accept it as the only credential, so it is treated as a secret.
    SessionKey
}
secret_newtype! {
    /// Authorization code of a callback; single use, short-lived
    /// (protocol reference, consent-web §5.1).
    AuthorizationCode
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl From<u64> for $name {
            fn from(id: u64) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id! {
    /// Id of a *source*, something a user connects, such as 16 for Spotify
    /// (protocol reference, README §3: official SDKs call it `serviceId`).
    SourceId
}
number_id! {
    /// Id of a *service*, the connector behind sources, such as 19 for Spotify
    /// (protocol reference, objects §4.2).
    ServiceId
}
number_id! {
    /// Id of a category, also called service group, such as 5 for Entertainment
    /// (protocol reference, objects §4.1).
    CategoryId
}
number_id! {
    /// Id of a country, such as 10 for the Netherlands
    /// (protocol reference, objects §4.4).
    CountryId
}
number_id! {
    /// Id of a platform, such as 5 for Web (protocol reference, objects §4.4).
    PlatformId
}
number_id! {
    /// Id of a kind of source (protocol reference, objects §4.4).
    SourceTypeId
}

impl SourceTypeId {
    /// Sources data is read from.
    pub const PULL: Self = Self(1);
    /// Sources data is pushed to.
    pub const PUSH: Self = Self(2);
}

impl FileName {
    /// The name reduced to something safe to create in a folder: letters,
    /// digits, `.`, `_`, `-`; at most 150 bytes; never empty, hidden, `..`, or
    /// one of the device names of Windows.
    ///
    /// ```
    /// use digime::FileName;
    ///
    /// assert_eq!(FileName::new("18_1_3_1_2_D200805_1.1.0.0.json").sanitized(),
    ///            "18_1_3_1_2_D200805_1.1.0.0.json");
    /// assert_eq!(FileName::new("../../etc/passwd").sanitized(), "_.._etc_passwd");
    /// ```
    #[must_use]
    pub fn sanitized(&self) -> String {
        let mut safe: String = self
            .0
            .chars()
            .map(|c| match c {
                'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' => c,
                _ => '_',
            })
            .collect();
        let visible = safe.trim_start_matches('.').len();
        safe.drain(..safe.len() - visible);
        if safe.len() > 150 {
            // Keep both ends: names differ in the middle and say their type at the end.
            let tail = safe.split_off(safe.len() - 50);
            safe.truncate(100);
            safe.push_str(&tail);
        }
        let trimmed = safe.trim_end_matches('.').len();
        safe.truncate(trimmed);
        let stem = safe.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let device = matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
            || (stem.len() == 4
                && (stem.starts_with("com") || stem.starts_with("lpt"))
                && stem.ends_with(|c: char| c.is_ascii_digit()));
        if safe.is_empty() || device {
            safe.insert_str(0, "file_");
        }
        safe
    }
}

/// Refuses identifiers that cannot be meant: empty, with white space or control
/// characters, or with slashes, as if a URL or a path had been pasted.
pub(crate) fn check_plain(field: &str, value: &str) -> Result<()> {
    if value.is_empty() {
        return Err(Error::config(field, "must not be empty"));
    }
    if value.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Error::config(field, "must not contain white space or control characters"));
    }
    if value.contains(['/', '\\']) {
        return Err(Error::config(field, "must not contain slashes"));
    }
    if value.len() > 1024 {
        return Err(Error::config(field, "is longer than 1024 bytes"));
    }
    Ok(())
}

/// Refuses text that cannot be one segment of a URL path.
pub(crate) fn check_segment(field: &str, value: &str) -> Result<()> {
    if matches!(value, "" | "." | "..") || value.chars().any(char::is_control) {
        return Err(Error::config(field, "is empty, a dot segment, or has control characters")
            .advice("it cannot be put into a request path, so nothing was sent"));
    }
    Ok(())
}

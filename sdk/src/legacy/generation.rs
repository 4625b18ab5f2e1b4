//! The generations, and what each of them knows (protocol reference, legacy §1).

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A generation of the API before today's `v1.7`, in order of age.
///
/// The version is the first segment of every path and alone decides the form of
/// requests and answers (protocol reference, legacy §1).
///
/// ```
/// use digime::legacy::Generation;
///
/// assert!(Generation::V1_0 < Generation::V1_4);
/// assert_eq!(Generation::V1_6.path_version(), "v1.6");
/// assert_eq!("v1.5".parse(), Ok(Generation::V1_5));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Generation {
    /// `v1`: mobile SDKs until 2019.
    #[serde(rename = "v1")]
    V1,
    /// `v1.0`: Node SDK 0.x.
    #[serde(rename = "v1.0")]
    V1_0,
    /// `v1.3`: iOS SDK 2.5.
    #[serde(rename = "v1.3")]
    V1_3,
    /// `v1.4`: Node SDK 1 to 3. Adds ongoing consent and states of file lists.
    #[serde(rename = "v1.4")]
    V1_4,
    /// `v1.5`: Node SDK 4. Files are bytes, pushes are signed.
    #[serde(rename = "v1.5")]
    V1_5,
    /// `v1.6`: Node SDK 5 to 7. Consent is given on web pages.
    #[serde(rename = "v1.6")]
    V1_6,
}

/// The generations whose users consent in the digi.me app, or on its guest page.
pub(crate) const BY_LINK: RangeInclusive<Generation> = Generation::V1..=Generation::V1_5;
/// The generations with tokens.
pub(crate) const WITH_TOKENS: RangeInclusive<Generation> = Generation::V1_4..=Generation::V1_6;

impl Generation {
    const ALL: [Self; 6] = [Self::V1, Self::V1_0, Self::V1_3, Self::V1_4, Self::V1_5, Self::V1_6];

    /// First segment of the path of every request.
    #[must_use]
    pub fn path_version(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V1_0 => "v1.0",
            Self::V1_3 => "v1.3",
            Self::V1_4 => "v1.4",
            Self::V1_5 => "v1.5",
            Self::V1_6 => "v1.6",
        }
    }

    /// Before `v1.4`: `DATA_READY` and `callbackURL`, lists of names, no tokens.
    pub(crate) fn is_first(self) -> bool {
        self < Self::V1_4
    }

    /// Whether files come as bytes, not as Base64 in JSON (legacy/container §3).
    pub(crate) fn sends_bytes(self) -> bool {
        self >= Self::V1_5
    }

    /// Refuses what a generation does not know, saying what to use instead.
    pub(crate) fn check(self, known: RangeInclusive<Self>, what: &str, instead: &str) -> Result<()> {
        if known.contains(&self) {
            return Ok(());
        }
        let known = match known.start() == known.end() {
            true => known.start().to_string(),
            false => format!("{} to {}", known.start(), known.end()),
        };
        Err(Error::config("generation", format!("{self} has no {what}, which belongs to {known}"))
            .advice(instead))
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path_version())
    }
}

/// A text that names no generation of [`Generation`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not one of v1, v1.0, v1.3, v1.4, v1.5, v1.6")]
pub struct UnknownGeneration;

impl std::str::FromStr for Generation {
    type Err = UnknownGeneration;

    fn from_str(text: &str) -> std::result::Result<Self, UnknownGeneration> {
        Self::ALL.into_iter().find(|generation| generation.path_version() == text).ok_or(UnknownGeneration)
    }
}

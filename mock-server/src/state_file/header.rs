//! The first line of a file: of what it has the state, and what of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::StateFileError;
use super::{FORMAT, VERSION};
use crate::domain::lifetimes::Lifetimes;
use crate::domain::table::{Share, Shares};
use crate::domain::timeline::Timeline;
use crate::durations::as_text;
use crate::faults::Fault;
use crate::random::SandboxTag;

/// What a file says of its sandbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Header {
    format: String,
    version: u64,
    /// The version of the program that wrote it.
    product: String,
    /// What every id of the sandbox begins with.
    sandbox: String,
    contents: Share,
    secrets: Share,
    /// How far the sandbox's clock was moved.
    #[serde(with = "as_text")]
    pub(crate) moved: Duration,
    pub(crate) lifetimes: LifetimesText,
    pub(crate) timeline: TimelineText,
    /// What administration changed about the applications of the configuration.
    pub(crate) applications: Value,
    /// What goes wrong on purpose, and how often it has.
    pub(crate) faults: Vec<Fault>,
}

/// What there is one of in a sandbox.
#[derive(Debug)]
pub(crate) struct SandboxFacts {
    /// How far its clock was moved.
    pub(crate) moved: Duration,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) timeline: Timeline,
    /// What administration changed about its applications.
    pub(crate) applications: Value,
    pub(crate) faults: Vec<Fault>,
}

/// How long things live, as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LifetimesText {
    #[serde(with = "as_text")]
    code: Duration,
    #[serde(with = "as_text")]
    access_token: Duration,
    #[serde(with = "as_text")]
    refresh_token: Duration,
    #[serde(with = "as_text")]
    refresh_grace: Duration,
    #[serde(with = "as_text")]
    session: Duration,
}

impl From<Lifetimes> for LifetimesText {
    fn from(lifetimes: Lifetimes) -> Self {
        let Lifetimes { code, access_token, refresh_token, refresh_grace, session } = lifetimes;
        Self { code, access_token, refresh_token, refresh_grace, session }
    }
}

impl From<LifetimesText> for Lifetimes {
    fn from(text: LifetimesText) -> Self {
        let LifetimesText { code, access_token, refresh_token, refresh_grace, session } = text;
        Self { code, access_token, refresh_token, refresh_grace, session }
    }
}

/// How a sync unfolds, as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimelineText {
    #[serde(with = "as_text")]
    pending: Duration,
    #[serde(with = "as_text")]
    running: Duration,
}

impl From<Timeline> for TimelineText {
    fn from(timeline: Timeline) -> Self {
        let Timeline { pending, running } = timeline;
        Self { pending, running }
    }
}

impl From<TimelineText> for Timeline {
    fn from(text: TimelineText) -> Self {
        let TimelineText { pending, running } = text;
        Self { pending, running }
    }
}

/// What is looked at first: whether the rest can be understood.
#[derive(Deserialize)]
struct Origin {
    format: String,
    version: u64,
    #[serde(default)]
    product: String,
}

impl Header {
    /// The first line of a file that this version writes.
    pub(crate) fn new(tag: &SandboxTag, shares: Shares, facts: SandboxFacts) -> Self {
        let SandboxFacts { moved, lifetimes, timeline, applications, faults } = facts;
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            product: env!("CARGO_PKG_VERSION").to_owned(),
            sandbox: tag.as_str().to_owned(),
            contents: shares.contents,
            secrets: shares.secrets,
            moved,
            lifetimes: lifetimes.into(),
            timeline: timeline.into(),
            applications,
            faults,
        }
    }

    /// Reads the first line of a file.
    ///
    /// # Errors
    /// [`StateFileError`].
    pub(super) fn read(line: &[u8]) -> Result<Self, StateFileError> {
        let origin: Origin = serde_json::from_slice(line).map_err(|_| StateFileError::Foreign)?;
        if origin.format != FORMAT {
            return Err(StateFileError::Foreign);
        }
        if origin.version > VERSION {
            let product = origin.product.chars().take(40).collect();
            return Err(StateFileError::Newer { version: origin.version, product });
        }
        let damaged = |problem: String| StateFileError::Damaged { line: 1, problem };
        let header: Self = serde_json::from_slice(line).map_err(|error| damaged(error.to_string()))?;
        match header.version == VERSION && SandboxTag::parse(&header.sandbox).is_some() {
            true => Ok(header),
            false => Err(damaged("its version or its sandbox is none".to_owned())),
        }
    }

    /// The sandbox.
    pub(crate) fn tag(&self) -> SandboxTag {
        SandboxTag::parse(&self.sandbox).unwrap_or_else(SandboxTag::default_sandbox)
    }

    /// What it has of contents and secrets.
    pub(crate) fn shares(&self) -> Shares {
        Shares { contents: self.contents, secrets: self.secrets }
    }
}

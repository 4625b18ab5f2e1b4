//! What a fresh sandbox may do differently from the server's settings.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::domain::lifetimes::Lifetimes;
use crate::domain::timeline::Timeline;
use crate::durations;

/// Lifetimes; what is absent stays as it is.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LifetimesTable {
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    code: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    access_token: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    refresh_token: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    refresh_grace: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    session: Option<Duration>,
}

/// How a sync unfolds; what is absent stays as it is.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TimelineTable {
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    pending: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    running: Option<Duration>,
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    durations::as_text::deserialize(deserializer).map(Some)
}

impl LifetimesTable {
    pub(crate) fn apply(&self, lifetimes: &mut Lifetimes) {
        set(&mut lifetimes.code, self.code);
        set(&mut lifetimes.access_token, self.access_token);
        set(&mut lifetimes.refresh_token, self.refresh_token);
        set(&mut lifetimes.refresh_grace, self.refresh_grace);
        set(&mut lifetimes.session, self.session);
    }
}

impl TimelineTable {
    pub(crate) fn apply(&self, timeline: &mut Timeline) {
        set(&mut timeline.pending, self.pending);
        set(&mut timeline.running, self.running);
    }
}

fn set<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}

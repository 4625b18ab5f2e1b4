//! What a scenario asks of the server and the SDK before its first step.

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::contract_kind::ContractKind;
use super::date::Day;
use super::duration::HumanDuration;
use crate::yaml::At;

/// What the server must be like.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServerSetup {
    /// The file of a sandbox that the scenario begins from, relative to this file; `digime-mock state export`
    /// writes one.
    pub(crate) state: Option<At<String>>,
    /// Where that file is.
    #[serde(skip)]
    pub(crate) state_path: Option<PathBuf>,
    /// How long things live; what is absent is as the server has it.
    pub(crate) lifetimes: Lifetimes,
    /// How a sync unfolds: `instant` (default), or how long it is pending and running.
    pub(crate) timeline: Timeline,
    /// The seed of the sample data.
    pub(crate) seed: Option<u64>,
    /// The last day that the sample data covers, such as `2026-01-31`.
    pub(crate) until: Option<Day>,
    /// How many months the sample data covers.
    pub(crate) months: Option<u32>,
    /// Agents that are not recognised.
    pub(crate) refused_agents: Vec<String>,
    /// Agents that are too old, as `name` or `name@version`.
    pub(crate) outdated_agents: Vec<String>,
    /// Agents that are served with a warning, as `name` or `name@version`.
    pub(crate) deprecated_agents: Vec<String>,
    /// Service groups that the contracts cover; all, if there are none.
    pub(crate) service_groups: Vec<u32>,
    /// Kinds of contract that must be there: `read`, `write`, `read-raw`, `one-off`.
    pub(crate) contracts: Vec<ContractKind>,
}

impl ServerSetup {
    /// Whether only a server started for it can meet them.
    pub(crate) fn own_server(&self) -> bool {
        self.seed.is_some()
            || self.until.is_some()
            || self.months.is_some()
            || !self.refused_agents.is_empty()
            || !self.outdated_agents.is_empty()
            || !self.deprecated_agents.is_empty()
            || !self.service_groups.is_empty()
    }
}

/// How long things live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Lifetimes {
    /// Authorization codes.
    pub(crate) code: Option<HumanDuration>,
    /// Access tokens.
    pub(crate) access_token: Option<HumanDuration>,
    /// Refresh tokens.
    pub(crate) refresh_token: Option<HumanDuration>,
    /// Refresh tokens that were used.
    pub(crate) refresh_grace: Option<HumanDuration>,
    /// Sessions.
    pub(crate) session: Option<HumanDuration>,
}

/// How a sync unfolds: `instant`, or first `pending`, then `running`, then completed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Timeline {
    /// How long the library stays `pending`.
    pub(crate) pending: Duration,
    /// How long it stays `running` after that.
    pub(crate) running: Duration,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Stages {
    /// How long the library stays `pending`.
    pending: HumanDuration,
    /// How long it stays `running` after that.
    running: HumanDuration,
}

impl<'de> Deserialize<'de> for Timeline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TimelineVisitor;

        impl<'de> Visitor<'de> for TimelineVisitor {
            type Value = Timeline;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`instant`, or `pending` and `running`")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Timeline, E> {
                match word {
                    "instant" => Ok(Timeline::default()),
                    other => Err(E::unknown_variant(other, &["instant"])),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, pairs: A) -> Result<Timeline, A::Error> {
                let Stages { pending, running } = Stages::deserialize(MapAccessDeserializer::new(pairs))?;
                Ok(Timeline { pending: pending.0, running: running.0 })
            }
        }

        deserializer.deserialize_any(TimelineVisitor)
    }
}

impl JsonSchema for Timeline {
    fn schema_name() -> Cow<'static, str> {
        "Timeline".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "const": "instant" }, generator.subschema_for::<Stages>()] })
    }
}

/// How the SDK is set up.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ClientSetup {
    /// How often a request is attempted.
    pub(crate) attempts: Option<u32>,
    /// Longest `Retry-After` that is waited for.
    pub(crate) max_retry_after: Option<HumanDuration>,
    /// Longest time for one attempt.
    pub(crate) timeout: Option<HumanDuration>,
    /// Largest file, in bytes.
    pub(crate) max_file_size: Option<u64>,
    /// Largest JSON answer, in bytes.
    pub(crate) max_json_size: Option<usize>,
}

/// A compression of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Compression {
    Gzip,
    Brotli,
    #[serde(rename = "no-compression")]
    Nothing,
}

/// What goes into the snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SnapshotOf {
    /// Nothing.
    #[default]
    Nothing,
    /// What the step came to.
    Result,
    /// Requests and answers.
    Exchanges,
    /// Requests, answers, and what the step came to.
    Everything,
}

//! A scenario file as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::step::Step;
use crate::format::{ClientSetup, Generation, ServerSetup, SnapshotOf};
use crate::yaml::At;

/// A scenario, or a flow that scenarios reuse.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    /// What the scenario is called. A file has this or `flow`.
    pub(crate) scenario: Option<At<String>>,
    /// What a flow is called that other files reuse by `use`; it does not run by itself.
    pub(crate) flow: Option<At<String>>,
    /// What it proves, in a sentence.
    pub(crate) proves: Option<String>,
    /// Words to choose scenarios by, with `--tag`.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// The platform's generation: its paths, and the SDK for it; today's, if not given.
    pub(crate) generation: Option<At<Generation>>,
    /// What the server must be like.
    #[serde(default)]
    pub(crate) server: ServerSetup,
    /// How the SDK is set up.
    #[serde(default)]
    pub(crate) client: ClientSetup,
    /// What every step puts into the snapshot, unless it says otherwise.
    #[serde(default)]
    pub(crate) snapshot: SnapshotOf,
    /// What a reused flow can be given by `with`, and what it takes otherwise.
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, Value>,
    /// What happens, in order.
    pub(crate) steps: Vec<At<Step>>,
}

impl Document {
    /// The generation of a scenario.
    pub(crate) fn generation(&self) -> Generation {
        self.generation.as_ref().map(|generation| generation.value).unwrap_or_default()
    }
}

//! `accounts`: the accounts of the library.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Act, Outcome, to_json};
use crate::scene::Scene;

/// Reads the accounts that are connected to the library (protocol reference, http-api §4.5).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Accounts {}

impl Act for Accounts {
    async fn act(&self, scene: &mut Scene) -> Outcome {
        to_json(&scene.user()?.read_accounts().await?)
    }
}

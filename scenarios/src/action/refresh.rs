//! `refresh`: the refresh token becomes a new pair.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Act, Outcome, to_json};
use crate::scene::Scene;

/// Refreshes the token pair now (protocol reference, http-api §3.1).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Refresh {}

impl Act for Refresh {
    async fn act(&self, scene: &mut Scene) -> Outcome {
        to_json(&scene.user()?.refresh().await?)
    }
}

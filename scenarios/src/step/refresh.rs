//! `refresh`: the refresh token becomes a new pair.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Act, StepOutcome, to_json};
use crate::context::ScenarioContext;

/// Refreshes the token pair now (protocol reference, http-api §3.1).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Refresh {}

impl Act for Refresh {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        to_json(&context.user()?.refresh().await?)
    }
}

//! `accounts`: the accounts of the library.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Act, StepOutcome, to_json};
use crate::context::ScenarioContext;
use crate::format::Generations;

/// Reads the accounts that are connected to the library (protocol reference, http-api §4.5); up to v1.6
/// those behind the session (legacy/endpoints §4).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Accounts {}

impl Act for Accounts {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        match context.older() {
            Some(older) => to_json(&context.session_files(older, None)?.accounts().await?),
            None => to_json(&context.user()?.read_accounts().await?),
        }
    }

    fn generations(&self) -> Generations {
        Generations::SDK
    }
}

//! `refresh`: the refresh token becomes a new pair.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Act, StepOutcome, to_json};
use crate::format::{Generation, Generations};
use crate::context::ScenarioContext;

/// Refreshes the token pair now (protocol reference, http-api §3.1).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Refresh {}

impl Act for Refresh {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let Some(older) = context.older() else {
            return to_json(&context.user()?.refresh().await?);
        };
        let contract = context.older_contract(None, None)?;
        let token = older.refresh(&contract, &context.older_token()?).await?;
        let result = to_json(&token);
        context.user_state().older.token = Some(token);
        result
    }

    fn generations(&self) -> Generations {
        Generations::between(Generation::V1_4, Generation::V1_7)
    }
}

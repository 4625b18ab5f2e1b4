//! `delete_user`: deletes the user's library.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Act, StepOutcome};
use crate::format::{Generation, Generations};
use crate::context::ScenarioContext;

/// Deletes the user's library and all that belongs to it (protocol reference, http-api §5.3).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DeleteUser {}

impl Act for DeleteUser {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        match context.older() {
            None => context.user()?.delete().await?,
            Some(older) => {
                let contract = context.older_contract(None, None)?;
                let deleted = older.delete_user(&contract, &context.older_token()?).await?;
                context.renewed(deleted);
            }
        }
        Ok(Value::Null)
    }

    fn generations(&self) -> Generations {
        Generations::between(Generation::V1_6, Generation::V1_7)
    }
}

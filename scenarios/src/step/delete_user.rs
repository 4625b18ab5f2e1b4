//! `delete_user`: deletes the user's library.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Act, StepOutcome};
use crate::context::ScenarioContext;

/// Deletes the user's library and all that belongs to it (protocol reference, http-api §5.3).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DeleteUser {}

impl Act for DeleteUser {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        context.user()?.delete().await?;
        Ok(Value::Null)
    }
}

//! `delete_account`: deletes one account of the library.

use digime::AccountId;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Act, StepOutcome};
use crate::format::Field;
use crate::context::ScenarioContext;

/// Deletes an account and its data (protocol reference, http-api §5.4).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteAccount {
    /// The account's id.
    account: Field<String>,
}

impl Act for DeleteAccount {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let account = AccountId::new(context.field(&self.account)?);
        context.user()?.delete_account(&account).await?;
        Ok(Value::Null)
    }
}

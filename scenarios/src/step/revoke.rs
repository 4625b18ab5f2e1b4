//! `revoke`: withdraws a permission.

use digime::AccountId;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Act, StepOutcome};
use crate::format::Field;
use crate::context::{CALLBACK, Page, ScenarioContext};

/// Sends the user to withdraw the permission of an account (protocol reference, http-api §5.5);
/// `consent` and `finish` come next.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Revoke {
    /// The account's id.
    account: Field<String>,
}

impl Act for Revoke {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let account = AccountId::new(context.field(&self.account)?);
        let started = context.user()?.revoke_account_permission_url(&account, CALLBACK).await?;
        let result = json!({ "url": started.url.as_str() });
        context.user_state().page = Some(Page::Revocation(started));
        Ok(result)
    }
}

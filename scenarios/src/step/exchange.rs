//! `exchange`: the authorization code becomes a token pair.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Act, StepOutcome, StepError, to_json};
use crate::format::Field;
use crate::context::{Page, ScenarioContext};

/// Checks the callback and exchanges its code for a token pair (protocol reference, http-api §3.1).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Exchange {
    /// The callback, if it is not the one that the consent led to.
    callback: Option<Field<String>>,
}

impl Act for Exchange {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let given = context.optional(self.callback.as_ref())?;
        let client = context.client.clone();
        let user_state = context.user_state();
        let missing = |what: &str| StepError::Misuse(format!("there is nothing to exchange: `{what}` comes first"));
        let Some(Page::Authorization(authorization, _)) = &user_state.page else {
            return Err(missing("authorize"));
        };
        let callback = given.or_else(|| user_state.callback.clone()).ok_or_else(|| missing("consent"))?;
        let user = client.connect(authorization.callback(&callback)?).await?;
        let result = to_json(&user.token())?;
        user_state.user = Some(user);
        Ok(result)
    }
}

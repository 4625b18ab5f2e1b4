//! `reauthorize`: renews a user whose tokens are dead.

use digime::ReauthorizeOptions;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Act, StepOutcome};
use crate::format::Field;
use crate::context::{CALLBACK, Page, ScenarioContext, StraightBack};

/// Sends the user to renew the consent (protocol reference, http-api §2.2); `consent` and `exchange`
/// come next.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Reauthorize {
    /// The callback.
    callback: Option<Field<String>>,
    /// Whether data is fetched right after.
    trigger_query: Option<bool>,
}

impl Act for Reauthorize {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let callback = context.optional(self.callback.as_ref())?.unwrap_or_else(|| CALLBACK.to_owned());
        let mut options = ReauthorizeOptions::new(callback);
        if let Some(trigger) = self.trigger_query {
            options = options.trigger_query(trigger);
        }
        let authorization = context.user()?.reauthorize_url(options).await?;
        let result = json!({ "url": authorization.url.as_str(), "session": authorization.session });
        let user_state = context.user_state();
        user_state.session = Some(authorization.session.key.clone());
        user_state.page = Some(Page::Authorization(authorization, StraightBack(false)));
        Ok(result)
    }
}

//! `reauthorize_account`: logs in to an account again.

use digime::ReauthorizeAccountOptions;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Act, StepOutcome};
use crate::format::Field;
use crate::context::{CALLBACK, Page, ScenarioContext};

/// Sends the user to log in to an account again (protocol reference, http-api §2.2); `consent` and
/// `finish` come next.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReauthorizeAccount {
    /// The account's id.
    account: Field<String>,
}

impl Act for ReauthorizeAccount {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let options = ReauthorizeAccountOptions::new(CALLBACK, context.field(&self.account)?);
        let started = context.user()?.reauthorize_account_url(options).await?;
        let result = json!({ "url": started.url.as_str(), "session": started.session });
        let user_state = context.user_state();
        user_state.session = Some(started.session.key.clone());
        user_state.page = Some(Page::Account(started));
        Ok(result)
    }
}

//! `reauthorize`: renews a user whose tokens are dead.

use digime::ReauthorizeOptions;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Act, Outcome};
use crate::format::Field;
use crate::scene::{CALLBACK, Page, Scene, StraightBack};

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
    async fn act(&self, scene: &mut Scene) -> Outcome {
        let callback = scene.optional(self.callback.as_ref())?.unwrap_or_else(|| CALLBACK.to_owned());
        let mut options = ReauthorizeOptions::new(callback);
        if let Some(trigger) = self.trigger_query {
            options = options.trigger_query(trigger);
        }
        let authorization = scene.user()?.reauthorize_url(options).await?;
        let result = json!({ "url": authorization.url.as_str(), "session": authorization.session });
        let person = scene.person();
        person.session = Some(authorization.session.clone());
        person.page = Some(Page::Authorization(authorization, StraightBack(false)));
        Ok(result)
    }
}

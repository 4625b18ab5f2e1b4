//! `exchange`: the authorization code becomes a token pair.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Act, Outcome, Trouble, to_json};
use crate::format::Field;
use crate::scene::{Page, Scene};

/// Checks the callback and exchanges its code for a token pair (protocol reference, http-api §3.1).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Exchange {
    /// The callback, if it is not the one that the consent led to.
    callback: Option<Field<String>>,
}

impl Act for Exchange {
    async fn act(&self, scene: &mut Scene) -> Outcome {
        let given = scene.optional(self.callback.as_ref())?;
        let client = scene.client.clone();
        let person = scene.person();
        let missing = |what: &str| Trouble::Misuse(format!("there is nothing to exchange: `{what}` comes first"));
        let Some(Page::Authorization(authorization, _)) = &person.page else {
            return Err(missing("authorize"));
        };
        let callback = given.or_else(|| person.callback.clone()).ok_or_else(|| missing("consent"))?;
        let user = client.connect(authorization.callback(&callback)?).await?;
        let result = to_json(&user.token())?;
        person.user = Some(user);
        Ok(result)
    }
}

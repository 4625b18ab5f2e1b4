//! `exchange`: the authorization code becomes a token pair.

use digime::legacy::{LegacyGrant, PendingConsent, Postbox, PostboxGrant};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Act, StepOutcome, StepError, to_json};
use crate::format::{Field, Generation, Generations};
use crate::context::{Gives, Page, ScenarioContext};

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
        let (client, older) = (context.client.clone(), context.older().cloned());
        let user_state = context.user_state();
        let missing = |what: &str| StepError::Misuse(format!("there is nothing to exchange: `{what}` comes first"));
        let callback = given.or_else(|| user_state.callback.clone());
        let callback = || callback.ok_or_else(|| missing("consent"));
        let authorization = match (&user_state.page, &older) {
            (Some(Page::Authorization(authorization, _)), _) => authorization,
            (Some(Page::Consent(pending, gives)), Some(older)) => {
                let (grant, postbox) = granted(pending, *gives, &callback()?)?;
                let token = older.exchange(grant).await?;
                let mut result = to_json(&token)?;
                user_state.older.token = Some(token);
                if let Some(postbox) = postbox {
                    result["postbox"] = described(&postbox);
                    user_state.older.postbox = Some(postbox);
                }
                return Ok(result);
            }
            _ => return Err(missing("authorize")),
        };
        let user = client.connect(authorization.callback(&callback()?)?).await?;
        let result = to_json(&user.token())?;
        user_state.user = Some(user);
        Ok(result)
    }

    fn generations(&self) -> Generations {
        Generations::between(Generation::V1_4, Generation::V1_7)
    }
}

/// What the callback of a consent of an older generation brings.
fn granted(
    pending: &PendingConsent,
    gives: Gives,
    callback: &str,
) -> Result<(LegacyGrant, Option<Postbox>), StepError> {
    match gives {
        Gives::Data => Ok((pending.callback(callback)?.approved()?, None)),
        Gives::Postbox => {
            let PostboxGrant { grant, postbox, .. } = pending.postbox_callback(callback)?.approved()?;
            Ok((grant, Some(postbox)))
        }
    }
}

/// A postbox as results show it.
pub(super) fn described(postbox: &Postbox) -> Value {
    json!({ "id": postbox.id(), "publicKey": postbox.public_key() })
}

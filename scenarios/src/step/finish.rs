//! `finish`: reads the callback of a page that brings no code.

use digime::legacy::{LegacyClient, LegacySession, Postbox};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Act, StepOutcome, StepError, without_nulls};
use crate::format::{Field, Generations};
use super::exchange::described;
use crate::context::{LinkTarget, Page, ScenarioContext};

/// Reads the callback of `onboard`, `reauthorize_account`, `revoke` or `link`, as the SDK checks it (protocol
/// reference, consent-web §5, legacy/deep-links §2).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Finish {
    /// The callback, if it is not the one that the consent led to.
    callback: Option<Field<String>>,
}

impl Act for Finish {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let given = context.optional(self.callback.as_ref())?;
        let older = context.older().cloned();
        let user_state = context.user_state();
        let missing = || StepError::Misuse("there is no callback yet: `consent` comes first".to_owned());
        let callback = given.or_else(|| user_state.callback.clone()).ok_or_else(missing)?;
        let outcome = match &user_state.page {
            Some(Page::Onboarding(page, _)) => page.callback(&callback),
            Some(Page::Account(page)) => page.callback(&callback),
            Some(Page::Revocation(page)) => page.callback(&callback),
            Some(Page::Connection(page)) => {
                page.callback(&callback)?.approved()?;
                return Ok(Value::Null);
            }
            Some(Page::Link(_, target, session)) => {
                let postbox = returned(older.as_ref(), *target, session.as_ref(), &callback)?;
                let result = postbox.as_ref().map(described);
                user_state.older.postbox = postbox.or_else(|| user_state.older.postbox.take());
                return Ok(without_nulls(json!({ "postbox": result })));
            }
            Some(Page::Authorization(..) | Page::Consent(..)) => {
                return Err(StepError::Misuse("this callback brings a code: `exchange` reads it".to_owned()));
            }
            None => return Err(StepError::Misuse("there is no page: `onboard` or `link` comes first".to_owned())),
        };
        let reference = outcome?;
        Ok(without_nulls(json!({ "accountReference": reference })))
    }

    fn generations(&self) -> Generations {
        Generations::SDK
    }
}

/// What the user of a link comes back with.
fn returned(
    older: Option<&LegacyClient>,
    target: LinkTarget,
    session: Option<&LegacySession>,
    callback: &str,
) -> Result<Option<Postbox>, StepError> {
    match (target, older, session) {
        (LinkTarget::Consent | LinkTarget::Guest, Some(older), Some(session)) => {
            older.consent_callback(session, callback)?.approved()?;
            Ok(None)
        }
        (LinkTarget::Postbox, Some(older), Some(session)) => {
            Ok(Some(older.postbox_callback(session, callback)?.approved()?))
        }
        _ => Err(StepError::Misuse("the callback of this link brings nothing: `consent` tells of it".to_owned())),
    }
}

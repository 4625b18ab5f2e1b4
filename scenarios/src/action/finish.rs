//! `finish`: reads the callback of a page that brings no code.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Act, Outcome, Trouble, without_nulls};
use crate::format::Field;
use crate::scene::{Page, Scene};

/// Reads the callback of `onboard`, `reauthorize_account` or `revoke`, as the SDK checks it (protocol
/// reference, consent-web §5).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Finish {
    /// The callback, if it is not the one that the consent led to.
    callback: Option<Field<String>>,
}

impl Act for Finish {
    async fn act(&self, scene: &mut Scene) -> Outcome {
        let given = scene.optional(self.callback.as_ref())?;
        let person = scene.person();
        let missing = || Trouble::Misuse("there is no callback yet: `consent` comes first".to_owned());
        let callback = given.or_else(|| person.callback.clone()).ok_or_else(missing)?;
        let outcome = match &person.page {
            Some(Page::Onboarding(page, _)) => page.callback(&callback),
            Some(Page::Account(page)) => page.callback(&callback),
            Some(Page::Revocation(page)) => page.callback(&callback),
            Some(Page::Authorization(..)) => {
                return Err(Trouble::Misuse("this callback brings a code: `exchange` reads it".to_owned()));
            }
            None => return Err(Trouble::Misuse("there is no page: `onboard` comes first".to_owned())),
        };
        let reference = outcome?;
        Ok(without_nulls(json!({ "accountReference": reference })))
    }
}

//! `reauthorize_account`: logs in to an account again.

use digime::ReauthorizeAccountOptions;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Act, Outcome};
use crate::format::Field;
use crate::scene::{CALLBACK, Page, Scene};

/// Sends the user to log in to an account again (protocol reference, http-api §2.2); `consent` and
/// `finish` come next.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReauthorizeAccount {
    /// The account's id.
    account: Field<String>,
}

impl Act for ReauthorizeAccount {
    async fn act(&self, scene: &mut Scene) -> Outcome {
        let options = ReauthorizeAccountOptions::new(CALLBACK, scene.field(&self.account)?);
        let started = scene.user()?.reauthorize_account_url(options).await?;
        let result = json!({ "url": started.url.as_str(), "session": started.session });
        let person = scene.person();
        person.session = Some(started.session.clone());
        person.page = Some(Page::Account(started));
        Ok(result)
    }
}

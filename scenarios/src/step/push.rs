//! `push`: pushes a file to the user's library.

use digime::PushMetadata;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Act, StepOutcome};
use super::content::{Content, described};
use crate::format::Field;
use crate::context::ScenarioContext;

/// Pushes a file to the user's library (protocol reference, http-api §5.1).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Push {
    /// MIME type of the content.
    mime_type: Field<String>,
    /// The content.
    content: Content,
    /// Accounts that it is about.
    #[serde(default)]
    accounts: Vec<Field<String>>,
    /// References of one's own.
    #[serde(default)]
    references: Vec<Field<String>>,
    /// Tags of one's own.
    #[serde(default)]
    tags: Vec<Field<String>>,
}

impl Act for Push {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let mut metadata = PushMetadata::new(context.field(&self.mime_type)?);
        for account in &self.accounts {
            metadata = metadata.account(context.field(account)?);
        }
        for reference in &self.references {
            metadata = metadata.reference(context.field(reference)?);
        }
        for tag in &self.tags {
            metadata = metadata.tag(context.field(tag)?);
        }
        let bytes = self.content.bytes(context)?;
        let result = described(&bytes);
        context.user()?.push_to_library(&metadata, bytes).await?;
        Ok(result)
    }
}

//! `push`: pushes a file to the user's library.

use digime::PushMetadata;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Act, Outcome};
use crate::content::{Content, described};
use crate::format::Field;
use crate::scene::Scene;

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
    async fn act(&self, scene: &mut Scene) -> Outcome {
        let mut metadata = PushMetadata::new(scene.field(&self.mime_type)?);
        for account in &self.accounts {
            metadata = metadata.account(scene.field(account)?);
        }
        for reference in &self.references {
            metadata = metadata.reference(scene.field(reference)?);
        }
        for tag in &self.tags {
            metadata = metadata.tag(scene.field(tag)?);
        }
        let bytes = self.content.bytes(scene)?;
        let result = described(&bytes);
        scene.user()?.push_to_library(&metadata, bytes).await?;
        Ok(result)
    }
}

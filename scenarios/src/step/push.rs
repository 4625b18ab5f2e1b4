//! `push`: pushes a file to the user's library.

use digime::PushMetadata;
use digime::legacy::{Generation as Older, LegacyClient, PostboxAccess, PostboxFile, PostboxReceipt};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Act, StepError, StepOutcome, without, without_nulls};
use super::content::{Content, described};
use crate::format::{Field, Generation, Generations};
use crate::context::ScenarioContext;

/// Pushes a file to the user's library (protocol reference, http-api §5.1); up to v1.6 to their postbox
/// (legacy/endpoints §9).
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
    /// The file's name, up to v1.6.
    #[serde(default)]
    name: Option<Field<String>>,
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
        let mut result = described(&bytes);
        if let Some(older) = context.older().cloned() {
            let name = context.optional(self.name.as_ref())?.unwrap_or_else(|| "file".to_owned());
            let receipt = send(context, &older, PostboxFile::new(name, metadata, bytes)).await?;
            result["status"] = json!(receipt.status);
            result["expires"] = json!(receipt.expires);
            result["session"] = json!(receipt.session);
            return Ok(without_nulls(result));
        }
        context.user()?.push_to_library(&metadata, bytes).await?;
        Ok(result)
    }

    fn generations(&self) -> Generations {
        Generations::SDK
    }

    fn settings_suit(&self, generation: Generation) -> Result<(), String> {
        without("push", generation, &[("name", self.name.is_some() && generation == Generation::V1_7)])
    }
}

/// Pushes to the postbox of the user who acts, with all that allows it in the generation.
async fn send(
    context: &mut ScenarioContext,
    older: &LegacyClient,
    file: PostboxFile,
) -> Result<PostboxReceipt, StepError> {
    let postbox = context.postbox()?;
    if older.generation() < Older::V1_5 {
        return Ok(older.push_to_postbox(&postbox, &context.session(None)?, file).await?);
    }
    let contract = context.older_contract(None, None)?;
    let (session, token) = (context.session(None)?, context.older_token());
    let access = match (older.generation(), &token) {
        (Older::V1_5, Ok(token)) => PostboxAccess::SessionAndToken(&session, token),
        (Older::V1_5, Err(_)) => PostboxAccess::Session(&session),
        (_, Ok(token)) => PostboxAccess::Token(token),
        (_, Err(missing)) => return Err(missing.clone()),
    };
    let pushed = older.push_to_postbox_signed(&contract, &postbox, access, file).await?;
    Ok(context.renewed(pushed))
}

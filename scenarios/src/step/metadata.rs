//! `metadata`: what a file is, without downloading it.

use digime::FileName;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Act, StepOutcome, to_json};
use crate::format::Field;
use crate::context::ScenarioContext;

/// Reads a file's metadata (protocol reference, http-api §4.4).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metadata {
    /// The file's name.
    name: Field<String>,
    /// The session's key, if it is not the present one.
    #[serde(default)]
    session: Option<Field<String>>,
}

impl Act for Metadata {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let session = context.session(self.session.as_ref())?;
        let name = FileName::new(context.field(&self.name)?);
        to_json(&context.user()?.read_file_metadata(&session, &name).await?)
    }
}

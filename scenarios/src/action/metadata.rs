//! `metadata`: what a file is, without downloading it.

use digime::FileName;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Act, Outcome, to_json};
use crate::format::Field;
use crate::scene::Scene;

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
    async fn act(&self, scene: &mut Scene) -> Outcome {
        let session = scene.session(self.session.as_ref())?;
        let name = FileName::new(scene.field(&self.name)?);
        to_json(&scene.user()?.read_file_metadata(&session, &name).await?)
    }
}

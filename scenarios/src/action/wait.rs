//! `wait`: lets time pass.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Act, Outcome};
use crate::format::{Field, Span24};
use crate::scene::Scene;

/// Lets time pass: on the sandbox's clock where there is one, else for real. To wait *until*
/// something, give the step that looks at it `until` and `within`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Wait(Field<Span24>);

impl Act for Wait {
    async fn act(&self, scene: &mut Scene) -> Outcome {
        scene.wait(scene.field(&self.0)?.0).await?;
        Ok(Value::Null)
    }
}

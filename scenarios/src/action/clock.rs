//! `clock`: moves the sandbox's clock.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Act, Outcome};
use crate::format::{Field, Span24};
use crate::scene::Scene;

/// Moves the clock that all lifetimes and the sync run on: `clock: +25h`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Clock(Field<Span24>);

impl Act for Clock {
    async fn act(&self, scene: &mut Scene) -> Outcome {
        let now = scene.control()?.advance(scene.field(&self.0)?.0).await?;
        Ok(json!({ "nowMillis": now }))
    }
}

//! `clock`: moves the sandbox's clock.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Act, StepOutcome};
use crate::format::{Field, Generations, HumanDuration};
use crate::context::ScenarioContext;

/// Moves the clock that all lifetimes and the sync run on: `clock: +25h`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Clock(Field<HumanDuration>);

impl Act for Clock {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let now = context.control()?.advance(context.field(&self.0)?.0).await?;
        Ok(json!({ "nowMillis": now }))
    }

    fn generations(&self) -> Generations {
        Generations::All
    }
}

//! `reset`: the sandbox forgets everything.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Act, StepOutcome};
use crate::format::Generations;
use crate::context::ScenarioContext;

/// What the sandbox forgets: users, tokens, sessions, faults and the journal, and the clock is set to
/// real time; or the faults alone.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Reset {
    /// Only the faults.
    faults: bool,
}

impl Act for Reset {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let control = context.control()?;
        match self.faults {
            true => control.clear_faults().await?,
            false => control.reset().await?,
        }
        Ok(Value::Null)
    }

    fn generations(&self) -> Generations {
        Generations::All
    }
}

//! `wait`: lets time pass.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Act, StepOutcome};
use crate::format::{Field, Generations, HumanDuration};
use crate::context::ScenarioContext;

/// Lets time pass: on the sandbox's clock where there is one, else for real. To wait *until*
/// something, give the step that looks at it `until` and `within`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Wait(Field<HumanDuration>);

impl Act for Wait {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        context.wait(context.field(&self.0)?.0).await?;
        Ok(Value::Null)
    }

    fn generations(&self) -> Generations {
        Generations::All
    }
}

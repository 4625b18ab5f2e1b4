//! `client`: sets the SDK up anew.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Act, StepOutcome};
use crate::format::ClientSetup;
use crate::format::Generations;
use crate::context::ScenarioContext;

/// Sets the SDK up anew, for the steps that follow; what is not given has its default again.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Client(ClientSetup);

impl Act for Client {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        context.set_up(&self.0)?;
        Ok(Value::Null)
    }

    fn generations(&self) -> Generations {
        Generations::All
    }
}

//! `accounts`: the accounts of the library.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Act, StepOutcome, to_json};
use crate::context::ScenarioContext;

/// Reads the accounts that are connected to the library (protocol reference, http-api §4.5).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Accounts {}

impl Act for Accounts {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        to_json(&context.user()?.read_accounts().await?)
    }
}

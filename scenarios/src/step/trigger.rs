//! `trigger`: reads again with a token, in older generations.

use digime::legacy::Generation as Older;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::session::SessionSettings;
use super::{Act, StepOutcome};
use crate::context::ScenarioContext;
use crate::format::{Generation, Generations};

/// Reads again with a token (protocol reference, legacy/endpoints §8): up to v1.5 the present `session`
/// becomes readable, in v1.6 a new one begins.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Trigger(Option<SessionSettings>);

impl Act for Trigger {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let older = context.required_older()?;
        let (contract, token) = (context.older_contract(None, None)?, context.older_token()?);
        if older.generation() < Older::V1_6 {
            let prepared = older.prepare_files(&contract, &token, &context.session(None)?).await?;
            context.renewed(prepared);
            return Ok(Value::Null);
        }
        let request = self.0.clone().unwrap_or_default().request(context)?;
        let started = older.read_session(&contract, &token, request).await?;
        let session = context.renewed(started);
        let result = json!(session);
        context.user_state().session = Some(session.key);
        Ok(result)
    }

    fn generations(&self) -> Generations {
        Generations::between(Generation::V1_4, Generation::V1_6)
    }

    fn settings_suit(&self, generation: Generation) -> Result<(), String> {
        match &self.0 {
            Some(_) if generation < Generation::V1_6 => {
                Err(format!("`trigger` has no settings in {generation}: `session` has them"))
            }
            Some(settings) => settings.suit("trigger", generation, false),
            None => Ok(()),
        }
    }
}

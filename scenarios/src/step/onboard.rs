//! `onboard`: connects a further source.

use digime::legacy::LegacyClient;
use digime::{OnboardOptions, SourceType};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::session::SessionSettings;
use super::{Act, StepError, StepOutcome, without};
use crate::format::{Field, Generation, Generations};
use crate::context::{CALLBACK, Page, ScenarioContext, StraightBack};

/// Sends the user to connect a further source (protocol reference, http-api §2.2); `consent` and
/// `finish` come next.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Onboard {
    /// The source to connect.
    source: Option<Field<u64>>,
    /// The sample dataset to connect without a login.
    sample: Option<Field<String>>,
    /// With a source and a sample: goes straight back, without a page.
    straight_back: bool,
    /// The callback.
    callback: Option<Field<String>>,
    /// The `state`; drawn if not given.
    state: Option<Field<String>>,
    /// Offers sources to push to.
    push: bool,
    /// Whether data is fetched right after.
    trigger_query: Option<bool>,
    /// What the session shall fetch.
    session: Option<SessionSettings>,
}

impl Act for Onboard {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        if let Some(older) = context.older().cloned() {
            return self.connect(context, &older).await;
        }
        let callback = context.optional(self.callback.as_ref())?.unwrap_or_else(|| CALLBACK.to_owned());
        let mut options = OnboardOptions::new(callback).auto_onboard(self.straight_back);
        if let Some(source) = context.optional(self.source.as_ref())? {
            options = options.service_id(source);
        }
        if let Some(sample) = context.optional(self.sample.as_ref())? {
            options = options.sample_data(sample);
        }
        if let Some(state) = context.optional(self.state.as_ref())? {
            options = options.state(state);
        }
        if self.push {
            options = options.source_type(SourceType::Push);
        }
        if let Some(trigger) = self.trigger_query {
            options = options.trigger_query(trigger);
        }
        if let Some(session) = &self.session {
            options = options.session_options(session.options(context)?);
        }
        let onboarding = context.user()?.onboard_service_url(options).await?;
        let result = json!({ "url": onboarding.url.as_str(), "session": onboarding.session });
        let user_state = context.user_state();
        user_state.session = Some(onboarding.session.key.clone());
        user_state.page = Some(Page::Onboarding(onboarding, StraightBack(self.straight_back)));
        Ok(result)
    }

    fn generations(&self) -> Generations {
        Generations::between(Generation::V1_6, Generation::V1_7)
    }

    fn settings_suit(&self, generation: Generation) -> Result<(), String> {
        if generation == Generation::V1_7 {
            return Ok(());
        }
        without("onboard", generation, &[
            ("sample", self.sample.is_some()),
            ("straight_back", self.straight_back),
            ("state", self.state.is_some()),
            ("push", self.push),
            ("trigger_query", self.trigger_query.is_some()),
            ("session", self.session.is_some()),
        ])
    }
}

impl Onboard {
    /// Connects a source in v1.6, where the application names it.
    async fn connect(&self, context: &mut ScenarioContext, older: &LegacyClient) -> StepOutcome {
        let callback = context.optional(self.callback.as_ref())?.unwrap_or_else(|| CALLBACK.to_owned());
        let unnamed = || StepError::Misuse("`onboard` needs a `source` in v1.6".to_owned());
        let source = context.optional(self.source.as_ref())?.ok_or_else(unnamed)?;
        let (contract, token) = (context.older_contract(None, None)?, context.older_token()?);
        let started = older.onboard_service(&contract, &token, &callback, source.into()).await?;
        let onboarding = context.renewed(started);
        let result = json!({ "url": onboarding.link.as_str(), "session": onboarding.session });
        let user_state = context.user_state();
        user_state.session = Some(onboarding.session.key.clone());
        user_state.page = Some(Page::Connection(onboarding));
        Ok(result)
    }
}

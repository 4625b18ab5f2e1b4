//! `authorize`: starts an authorization.

use digime::legacy::{AuthorizeRequest, Generation as Older, LegacyClient};
use digime::{AuthorizeOptions, SourceType};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::session::SessionSettings;
use super::{Act, StepError, StepOutcome, without};
use crate::format::{ContractKind, Field, Generation, Generations};
use crate::context::{CALLBACK, Gives, Page, ScenarioContext, StraightBack};

/// Starts an authorization (protocol reference, http-api §2.1); `consent` comes next. In v1.4 and v1.5 it
/// is for the present `session`, and leads to the digi.me app (legacy/endpoints §5).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Authorize {
    /// Kind of the contract: `read` (default), `write`, `read-raw`, `one-off`.
    contract: Option<Field<ContractKind>>,
    /// Signs with the key of the contract of this kind instead of its own.
    key_of: Option<Field<ContractKind>>,
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
    /// Attaches the contract to the library of the user who acts.
    same_library: bool,
    /// Offers sources to push to.
    push: bool,
    /// Language of the pages.
    locale: Option<Field<String>>,
    /// Also offers sources that have sample data only.
    sample_only_sources: Option<bool>,
    /// Whether data is fetched right after.
    trigger_query: Option<bool>,
    /// The provisional storage that becomes the user's.
    storage: Option<Field<String>>,
    /// What the session that the consent starts shall fetch.
    session: Option<SessionSettings>,
    /// Asks for a postbox too, in v1.5; in v1.6 every consent to a write contract gives one.
    postbox: bool,
}

impl Act for Authorize {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        if let Some(older) = context.older().cloned() {
            return self.ask(context, &older).await;
        }
        let kind = context.optional(self.contract.as_ref())?.unwrap_or_default();
        let key_of = context.optional(self.key_of.as_ref())?;
        let contract = context.contract(Some(kind), key_of)?;
        let callback = context.optional(self.callback.as_ref())?.unwrap_or_else(|| CALLBACK.to_owned());
        let mut options = AuthorizeOptions::new(callback).auto_onboard(self.straight_back);
        if let Some(source) = context.optional(self.source.as_ref())? {
            options = options.service_id(source);
        }
        if let Some(sample) = context.optional(self.sample.as_ref())? {
            options = options.sample_data(sample);
        }
        if let Some(state) = context.optional(self.state.as_ref())? {
            options = options.state(state);
        }
        if self.same_library {
            options = options.user_access_token(context.user()?.token());
        }
        if self.push {
            options = options.source_type(SourceType::Push);
        }
        if let Some(locale) = context.optional(self.locale.as_ref())? {
            options = options.locale(locale);
        }
        if let Some(include) = self.sample_only_sources {
            options = options.include_sample_data_only_sources(include);
        }
        if let Some(trigger) = self.trigger_query {
            options = options.trigger_query(trigger);
        }
        if let Some(storage) = context.optional(self.storage.as_ref())? {
            options = options.storage_id(storage);
        }
        if let Some(session) = &self.session {
            options = options.session_options(session.options(context)?);
        }
        context.user_state().contract = Some(kind);
        let authorization = context.client.authorize_url(&contract, options).await?;
        let result = json!({
            "url": authorization.url.as_str(),
            "state": authorization.state.expose(),
            "session": authorization.session,
        });
        let user_state = context.user_state();
        user_state.session = Some(authorization.session.key.clone());
        user_state.page = Some(Page::Authorization(authorization, StraightBack(self.straight_back)));
        Ok(result)
    }

    fn generations(&self) -> Generations {
        Generations::between(Generation::V1_4, Generation::V1_7)
    }

    fn settings_suit(&self, generation: Generation) -> Result<(), String> {
        let (today, pages) = (generation == Generation::V1_7, generation >= Generation::V1_6);
        without("authorize", generation, &[
            ("contract", self.contract.is_some() && !pages),
            ("key_of", self.key_of.is_some() && !today),
            ("source", self.source.is_some() && !pages),
            ("sample", self.sample.is_some() && !today),
            ("straight_back", self.straight_back && !today),
            ("state", self.state.is_some() && !today),
            ("same_library", self.same_library && !pages),
            ("push", self.push && !today),
            ("locale", self.locale.is_some() && !today),
            ("sample_only_sources", self.sample_only_sources.is_some() && !today),
            ("trigger_query", self.trigger_query.is_some() && !today),
            ("storage", self.storage.is_some() && !today),
            ("session", self.session.is_some() && !pages),
            ("postbox", self.postbox && generation != Generation::V1_5),
        ])?;
        match &self.session {
            Some(session) => session.suit("authorize", generation, false),
            None => Ok(()),
        }
    }
}

impl Authorize {
    /// Asks for a consent that lasts, in an older generation.
    async fn ask(&self, context: &mut ScenarioContext, older: &LegacyClient) -> StepOutcome {
        if let Some(kind) = context.optional(self.contract.as_ref())? {
            context.user_state().contract = Some(kind);
        }
        let callback = context.optional(self.callback.as_ref())?;
        let contract = context.older_contract(None, callback)?;
        let writes = context.contract_key(None)?.kind == ContractKind::Write.as_str();
        let (pending, gives) = match older.generation() {
            Older::V1_6 => {
                let gives = if writes { Gives::Postbox } else { Gives::Data };
                (older.authorize(&contract, self.request(context)?).await?, gives)
            }
            _ if self.postbox => {
                (older.start_postbox(&contract, &context.opened()?).await?, Gives::Postbox)
            }
            _ => (older.start_consent(&contract, &context.opened()?).await?, Gives::Data),
        };
        let result = json!({ "url": pending.link.as_str(), "session": pending.session });
        let user_state = context.user_state();
        user_state.session = Some(pending.session.key.clone());
        user_state.page = Some(Page::Consent(Box::new(pending), gives));
        Ok(result)
    }

    /// What v1.6 is asked for.
    fn request(&self, context: &ScenarioContext) -> Result<AuthorizeRequest, StepError> {
        let mut request = AuthorizeRequest::new();
        if let Some(source) = context.optional(self.source.as_ref())? {
            request = request.service_id(source);
        }
        if self.same_library {
            request = request.user_access_token(context.older_token()?);
        }
        if let Some(session) = &self.session {
            request = request.session(session.request(context)?);
        }
        Ok(request)
    }
}

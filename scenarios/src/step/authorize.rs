//! `authorize`: starts an authorization.

use digime::{AuthorizeOptions, SourceType};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::session::SessionSettings;
use super::{Act, StepOutcome};
use crate::format::{ContractKind, Field};
use crate::context::{CALLBACK, Page, ScenarioContext, StraightBack};

/// Starts an authorization (protocol reference, http-api §2.1); `consent` comes next.
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
}

impl Act for Authorize {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
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
        user_state.session = Some(authorization.session.clone());
        user_state.page = Some(Page::Authorization(authorization, StraightBack(self.straight_back)));
        Ok(result)
    }
}

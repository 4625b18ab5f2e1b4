//! `session`: starts a read session.

use digime::legacy::SessionRequest;
use digime::{Scope, ServiceGroup, ServiceType, SessionOptions, TimeRange};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Act, StepOutcome, StepError, without};
use crate::format::{
    Compression, ContractKind, Day, Field, Generation, Generations, HumanDuration, Last,
};
use crate::context::ScenarioContext;

/// Starts a read session and makes it the present one (protocol reference, http-api §4.1). Up to v1.6
/// nothing can be read in it before the user consents (legacy/endpoints §1).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Session(SessionSettings);

/// What a session shall fetch (protocol reference, http-api §1.7).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SessionSettings {
    /// Kind of the contract that opens it, up to v1.6: `read` (default), `write`, `read-raw`, `one-off`.
    contract: Option<Field<ContractKind>>,
    /// The scope; everything that the contract allows, if not given.
    scope: Option<ScopeSettings>,
    /// Longest time for fetching from sources.
    fetch_limit: Option<HumanDuration>,
    /// Whether sources are asked for new data.
    source_fetch: Option<bool>,
    /// Only these accounts are synced.
    accounts: Option<Vec<Field<String>>>,
    /// How files shall be compressed.
    compression: Option<Compression>,
}

/// The scope of a session.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ScopeSettings {
    /// Time ranges.
    time_ranges: Vec<Range>,
    /// Service groups.
    service_groups: Vec<Group>,
    /// Criteria for pushed data, as the platform has them.
    criteria: Vec<Value>,
}

/// A time range: days such as `2026-01-31`, or the last so and so many days, months or years.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Range {
    /// First day.
    from: Option<Field<Day>>,
    /// Last day, not included.
    to: Option<Field<Day>>,
    /// The last days (`30d`), months (`6m`) or years (`1y`).
    last: Option<Field<Last>>,
}

/// A service group and, if it is narrowed, its services.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Group {
    /// Its id.
    id: Field<u64>,
    /// Its services; all, if none is named.
    #[serde(default)]
    services: Vec<Service>,
}

/// A service and, if it is narrowed, its object types.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Service {
    /// Its id.
    id: Field<u64>,
    /// Ids of its object types; all, if none is named.
    #[serde(default)]
    object_types: Vec<Field<u64>>,
}

impl SessionSettings {
    /// Whether a generation has what is set; `opens` tells whether the step opens a session by its own.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub(super) fn suit(&self, step: &str, generation: Generation, opens: bool) -> Result<(), String> {
        let today = generation == Generation::V1_7;
        without(step, generation, &[
            ("contract", self.contract.is_some() && (today || !opens)),
            ("source_fetch", self.source_fetch.is_some() && !today),
            ("accounts", self.accounts.is_some() && !today),
        ])
    }

    /// As older generations have them.
    ///
    /// # Errors
    /// As [`SessionSettings::options`].
    pub(super) fn request(&self, context: &ScenarioContext) -> Result<SessionRequest, StepError> {
        let mut request = SessionRequest::new();
        if let Some(scope) = &self.scope {
            request = request.scope(scope.build(context)?);
        }
        if let Some(limit) = self.fetch_limit {
            request = request.source_fetch_limit(limit.0);
        }
        Ok(match self.compression {
            Some(compression) => request.accept_compression(compression.into()),
            None => request,
        })
    }

    /// As the SDK has them.
    ///
    /// # Errors
    /// [`StepError::Misuse`] if a template or a day cannot be read.
    pub(super) fn options(&self, context: &ScenarioContext) -> Result<SessionOptions, StepError> {
        let mut options = SessionOptions::new();
        if let Some(scope) = &self.scope {
            options = options.scope(scope.build(context)?);
        }
        if let Some(limit) = self.fetch_limit {
            options = options.source_fetch_limit(limit.0);
        }
        if let Some(fetch) = self.source_fetch {
            options = options.source_fetch(fetch);
        }
        if let Some(accounts) = &self.accounts {
            let ids = accounts.iter().map(|id| context.field(id)).collect::<Result<Vec<_>, _>>()?;
            options = options.source_fetch_accounts(ids);
        }
        Ok(match self.compression {
            Some(compression) => options.accept_compression(compression.into()),
            None => options,
        })
    }
}

impl ScopeSettings {
    fn build(&self, context: &ScenarioContext) -> Result<Scope, StepError> {
        let mut scope = Scope::new();
        for range in &self.time_ranges {
            scope = scope.time_range(range.build(context)?);
        }
        for group in &self.service_groups {
            let mut built = ServiceGroup::new(context.field(&group.id)?);
            for service in &group.services {
                let mut narrowed = ServiceType::new(context.field(&service.id)?);
                for object_type in &service.object_types {
                    narrowed = narrowed.object_type(context.field(object_type)?);
                }
                built = built.service_type(narrowed);
            }
            scope = scope.service_group(built);
        }
        for criterion in &self.criteria {
            scope = scope.criterion(context.json(criterion)?);
        }
        Ok(scope)
    }
}

impl Range {
    fn build(&self, context: &ScenarioContext) -> Result<TimeRange, StepError> {
        let day = |field: &Option<Field<Day>>| {
            context.optional(field.as_ref()).map(|day| day.map(Day::start))
        };
        match context.optional(self.last.as_ref())? {
            Some(Last::Days(number)) => return Ok(TimeRange::last_days(number)),
            Some(Last::Months(number)) => return Ok(TimeRange::last_months(number)),
            Some(Last::Years(number)) => return Ok(TimeRange::last_years(number)),
            None => {}
        }
        match (day(&self.from)?, day(&self.to)?) {
            (Some(from), Some(to)) => Ok(TimeRange::between(from, to)),
            (Some(from), None) => Ok(TimeRange::since(from)),
            (None, Some(to)) => Ok(TimeRange::until(to)),
            (None, None) => Err(StepError::Misuse("a time range has `from`, `to` or `last`".to_owned())),
        }
    }
}

impl From<Compression> for digime::Compression {
    fn from(compression: Compression) -> Self {
        match compression {
            Compression::Gzip => Self::Gzip,
            Compression::Brotli => Self::Brotli,
            Compression::Nothing => Self::None,
        }
    }
}

impl Act for Session {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        if context.older().is_some() {
            return self.open(context).await;
        }
        let options = self.0.options(context)?;
        let session = context.user()?.read_session(options).await?;
        let result = json!(session);
        context.user_state().session = Some(session.key);
        Ok(result)
    }

    fn generations(&self) -> Generations {
        Generations::SDK
    }

    fn settings_suit(&self, generation: Generation) -> Result<(), String> {
        self.0.suit("session", generation, true)
    }
}

impl Session {
    /// Opens a session that waits for the user's consent.
    async fn open(&self, context: &mut ScenarioContext) -> StepOutcome {
        if let Some(kind) = context.optional(self.0.contract.as_ref())? {
            context.user_state().contract = Some(kind);
        }
        let older = context.required_older()?;
        let contract = context.contract(None, None)?;
        let session = older.establish_session(&contract, self.0.request(context)?).await?;
        let result = json!(session);
        let user_state = context.user_state();
        user_state.session = Some(session.session_key.clone());
        user_state.older.opened = Some(session);
        Ok(result)
    }
}

//! `session`: starts a read session.

use std::time::{Duration, UNIX_EPOCH};

use digime::{Scope, ServiceGroup, ServiceType, SessionOptions, TimeRange};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Act, StepOutcome, StepError};
use crate::format::{Compression, Field, HumanDuration};
use crate::context::ScenarioContext;

/// Starts a read session and makes it the present one (protocol reference, http-api §4.1).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Session(SessionSettings);

/// What a session shall fetch (protocol reference, http-api §1.7).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SessionSettings {
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
    from: Option<Field<String>>,
    /// Last day, not included.
    to: Option<Field<String>>,
    /// The last days (`30d`), months (`6m`) or years (`1y`).
    last: Option<Field<String>>,
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
            Some(Compression::Gzip) => options.accept_compression(digime::Compression::Gzip),
            Some(Compression::Brotli) => options.accept_compression(digime::Compression::Brotli),
            Some(Compression::Nothing) => options.accept_compression(digime::Compression::None),
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
        let day = |field: &Option<Field<String>>| context.optional(field.as_ref())?.map(|day| start_of(&day)).transpose();
        if let Some(last) = context.optional(self.last.as_ref())? {
            return last_of(&last);
        }
        match (day(&self.from)?, day(&self.to)?) {
            (Some(from), Some(to)) => Ok(TimeRange::between(from, to)),
            (Some(from), None) => Ok(TimeRange::since(from)),
            (None, Some(to)) => Ok(TimeRange::until(to)),
            (None, None) => Err(StepError::Misuse("a time range has `from`, `to` or `last`".to_owned())),
        }
    }
}

fn start_of(day: &str) -> Result<std::time::SystemTime, StepError> {
    let wrong = || StepError::Misuse(format!("\"{day}\" is no day such as 2026-01-31"));
    let date: jiff::civil::Date = day.parse().map_err(|_| wrong())?;
    let start = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| wrong())?.timestamp();
    let seconds = u64::try_from(start.as_second()).map_err(|_| wrong())?;
    Ok(UNIX_EPOCH + Duration::from_secs(seconds))
}

fn last_of(text: &str) -> Result<TimeRange, StepError> {
    let wrong = || StepError::Misuse(format!("\"{text}\" is no number of days, months or years such as 6m"));
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let number: u32 = number.parse().map_err(|_| wrong())?;
    match unit {
        "d" => Ok(TimeRange::last_days(number)),
        "m" => Ok(TimeRange::last_months(number)),
        "y" => Ok(TimeRange::last_years(number)),
        _ => Err(wrong()),
    }
}

impl Act for Session {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let options = self.0.options(context)?;
        let session = context.user()?.read_session(options).await?;
        let result = json!(session);
        context.user_state().session = Some(session);
        Ok(result)
    }
}

//! What of a user's data a contract gives at most.

use digime_fixtures::{DatasetFile, FileMetadata, catalogue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RawFacts;
use super::scope::{ServiceGroupScope, SourceIds, TimeRange, admits_month, admits_type, all_or_any};
use crate::clock::Moment;

/// What of a user's data a contract gives at most, in the words in which a session asks for it. Sessions that
/// ask for more get no more; those that name another service group are refused.
///
/// ```
/// use digime_mock_server::settings::ContractScope;
///
/// let year: ContractScope = serde_json::from_str(r#"{ "timeRanges": [{ "last": "1y" }] }"#)?;
/// assert!(year.check().is_ok());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ContractScope {
    /// Files of these times; of all times if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    time_ranges: Vec<TimeRange>,
    /// Of these service groups, services (or sources) and types of objects; of all if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    service_groups: Vec<ServiceGroupScope>,
}

impl ContractScope {
    /// Checks what reading does not show.
    ///
    /// # Errors
    /// What is wrong, with the name of the member.
    pub fn check(&self) -> Result<(), String> {
        for range in &self.time_ranges {
            range.validate().map_err(|problem| format!("timeRanges: {problem}"))?;
        }
        let unknown = self.service_groups.iter().find(|group| catalogue::service_group(group.id()).is_none());
        unknown
            .map_or(Ok(()), |group| Err(format!("serviceGroups: there is no service group {}", group.id())))
    }

    /// The time ranges that it is limited to; all times if there are none.
    pub(crate) fn time_ranges(&self) -> &[TimeRange] {
        &self.time_ranges
    }

    /// The service groups that it is limited to; none if it is not.
    pub(crate) fn groups(&self) -> impl Iterator<Item = u32> {
        self.service_groups.iter().map(ServiceGroupScope::id)
    }

    /// Whether it has this file of `source`, as of `now`.
    pub(crate) fn admits(&self, source: &SourceIds, file: &DatasetFile, now: Moment) -> bool {
        match &file.metadata {
            FileMetadata::Mapped(_) => {
                admits_month(Some(&self.time_ranges), file.month, now)
                    && admits_type(Some(&self.service_groups), source, file.object_type)
            }
            FileMetadata::Raw(raw) => {
                admits_type(Some(&self.service_groups), source, None)
                    && self.admits_raw(&RawFacts::of_sample(raw), now)
            }
        }
    }

    /// Whether it has this raw file, by the time at which it was made.
    pub(crate) fn admits_raw(&self, file: &RawFacts<'_>, now: Moment) -> bool {
        let Some(created) = file.created else { return true };
        all_or_any(Some(&self.time_ranges), |range| range.has(created, now))
    }
}

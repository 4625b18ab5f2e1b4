//! What a session shall contain (protocol reference, http-api §1.7).

use std::time::SystemTime;

use serde::Serialize;

use crate::clock;

/// Narrows a session to time ranges and kinds of data. A scope cannot widen
/// what the contract allows; asking for more is refused with `ScopeOutOfBounds`.
///
/// ```
/// use digime::{Scope, ServiceGroup, ServiceType, TimeRange};
///
/// let scope = Scope::new()
///     .time_range(TimeRange::last_months(6))
///     .service_group(ServiceGroup::new(5).service_type(ServiceType::new(19).object_type(406)));
/// assert_eq!(
///     serde_json::to_value(&scope).unwrap(),
///     serde_json::json!({
///         "timeRanges": [{"last": "6m"}],
///         "serviceGroups": [
///             {"id": 5, "serviceTypes": [{"id": 19, "serviceObjectTypes": [{"id": 406}]}]}
///         ]
///     })
/// );
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Scope {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    time_ranges: Vec<TimeRange>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    service_groups: Vec<ServiceGroup>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    criteria: Vec<serde_json::Value>,
}

impl Scope {
    /// Everything the contract allows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a time range; for mapped data only.
    #[must_use]
    pub fn time_range(mut self, range: TimeRange) -> Self {
        self.time_ranges.push(range);
        self
    }

    /// Adds a service group; for mapped data only.
    #[must_use]
    pub fn service_group(mut self, group: ServiceGroup) -> Self {
        self.service_groups.push(group);
        self
    }

    /// Adds a criterion for raw (pushed) data, passed on unchecked.
    #[must_use]
    pub fn criterion(mut self, criterion: serde_json::Value) -> Self {
        self.criteria.push(criterion);
        self
    }
}

/// A span of time; sent in **seconds** since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimeRange {
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
}

impl TimeRange {
    /// From one time to another.
    #[must_use]
    pub fn between(from: SystemTime, to: SystemTime) -> Self {
        Self { from: Some(clock::seconds_of(from)), to: Some(clock::seconds_of(to)), last: None }
    }

    /// From a time on.
    #[must_use]
    pub fn since(from: SystemTime) -> Self {
        Self { from: Some(clock::seconds_of(from)), to: None, last: None }
    }

    /// Up to a time.
    #[must_use]
    pub fn until(to: SystemTime) -> Self {
        Self { from: None, to: Some(clock::seconds_of(to)), last: None }
    }

    /// The last days.
    #[must_use]
    pub fn last_days(days: u32) -> Self {
        Self::last(days, 'd')
    }

    /// The last months.
    #[must_use]
    pub fn last_months(months: u32) -> Self {
        Self::last(months, 'm')
    }

    /// The last years.
    #[must_use]
    pub fn last_years(years: u32) -> Self {
        Self::last(years, 'y')
    }

    fn last(count: u32, unit: char) -> Self {
        Self { from: None, to: None, last: Some(format!("{count}{unit}")) }
    }
}

/// A group of services, such as 5 for entertainment
/// (protocol reference, objects §4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceGroup {
    id: u64,
    service_types: Vec<ServiceType>,
}

impl ServiceGroup {
    /// A whole group.
    #[must_use]
    pub fn new(id: u64) -> Self {
        Self { id, service_types: Vec::new() }
    }

    /// Narrows the group to a service.
    #[must_use]
    pub fn service_type(mut self, service: ServiceType) -> Self {
        self.service_types.push(service);
        self
    }
}

/// A service, such as 19 for Spotify: the service id, not the source id
/// (protocol reference, objects §4.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceType {
    id: u64,
    service_object_types: Vec<ObjectType>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ObjectType {
    id: u64,
}

impl ServiceType {
    /// A whole service.
    #[must_use]
    pub fn new(id: u64) -> Self {
        Self { id, service_object_types: Vec::new() }
    }

    /// Narrows the service to an object type, such as 201 for transactions
    /// (protocol reference, objects §4.3).
    #[must_use]
    pub fn object_type(mut self, id: u64) -> Self {
        self.service_object_types.push(ObjectType { id });
        self
    }
}

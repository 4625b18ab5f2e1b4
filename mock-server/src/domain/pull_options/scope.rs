//! What of the data a client wants, or a contract gives (protocol reference, http-api §1.7).

use std::time::Duration;

use digime_fixtures::{DatasetFile, FileMetadata, Month};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SourceFetchFilter;
use super::criteria::{Criterion, RawFacts};
use crate::clock::Moment;
use crate::domain::refusal::Refusal;

#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Scope {
    time_ranges: Option<Vec<TimeRange>>,
    service_groups: Option<Vec<ServiceGroupScope>>,
    criteria: Option<Vec<Criterion>>,
    /// iOS 5.1.2 puts these two here (protocol reference, http-api §1.7).
    pub(super) source_fetch: Option<bool>,
    pub(super) source_fetch_filter: Option<SourceFetchFilter>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema, Serialize)]
pub(crate) struct TimeRange {
    #[serde(default, deserialize_with = "number_or_nothing", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<f64>")]
    from: Option<f64>,
    #[serde(default, deserialize_with = "number_or_nothing", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<f64>")]
    to: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
}

/// Android 4 writes dates as text in the language of the phone, which nobody can read: such a bound is
/// none (protocol reference, legacy/mobile §3.4).
fn number_or_nothing<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<f64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a number")]
    enum Bound {
        Number(f64),
        Text(String),
    }
    Ok(match Option::<Bound>::deserialize(value)? {
        Some(Bound::Number(number)) => Some(number),
        Some(Bound::Text(text)) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        None => None,
    })
}

#[derive(Clone, Debug, Deserialize, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceGroupScope {
    id: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_types: Option<Vec<ServiceTypeScope>>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceTypeScope {
    id: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_object_types: Option<Vec<ObjectTypeScope>>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, JsonSchema, Serialize)]
struct ObjectTypeScope {
    id: f64,
}

/// The ids by which a scope may mean a source: clients put either of the last two in
/// `serviceTypes[].id` (protocol reference, http-api §1.7).
#[derive(Clone, Copy, Debug)]
pub(crate) struct SourceIds {
    /// Service group.
    pub group: u32,
    /// Service.
    pub service: u32,
    /// Source.
    pub source: u32,
}

/// A time range as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReadableRange {
    /// The newest data: how many of which unit.
    Last(u32, RangeUnit),
    /// From a day on, to a day, or both; all times if it has neither.
    Between(Option<Date>, Option<Date>),
}

/// The unit of the newest data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RangeUnit {
    Days,
    Months,
    Years,
}

impl TimeRange {
    /// It for people; none if its text means nothing.
    pub(crate) fn readable(&self) -> Option<ReadableRange> {
        if let Some(last) = &self.last {
            let unit = match last.as_bytes().last()? {
                b'd' => RangeUnit::Days,
                b'm' => RangeUnit::Months,
                b'y' => RangeUnit::Years,
                _ => return None,
            };
            return Some(ReadableRange::Last(last[..last.len() - 1].parse().ok()?, unit));
        }
        let day = |value: f64| from_client(value).date();
        Some(ReadableRange::Between(self.from.map(day), self.to.map(day)))
    }
}

impl ServiceGroupScope {
    /// The service group.
    pub(super) fn id(&self) -> u32 {
        self.id as u32
    }
}

impl Scope {
    /// Checks what serde cannot.
    ///
    /// # Errors
    /// `ValidationErrors` naming the field.
    pub(super) fn validate(&self) -> Result<(), Refusal> {
        let criteria = self.criteria.iter().flatten().map(|criterion| &criterion.range);
        let mut ranges = self.time_ranges.iter().flatten().chain(criteria);
        ranges.try_for_each(|range| range.validate().map_err(Refusal::validation))
    }

    /// Its time ranges; of all times if there are none.
    pub(super) fn time_ranges(&self) -> &[TimeRange] {
        self.time_ranges.as_deref().unwrap_or_default()
    }

    /// The service groups that it names.
    pub(super) fn groups(&self) -> impl Iterator<Item = u32> {
        self.service_groups.iter().flatten().map(ServiceGroupScope::id)
    }

    pub(super) fn admits(&self, source: &SourceIds, file: &DatasetFile, now: Moment) -> bool {
        match &file.metadata {
            FileMetadata::Mapped(_) => {
                admits_month(self.time_ranges.as_deref(), file.month, now)
                    && admits_type(self.service_groups.as_deref(), source, file.object_type)
            }
            FileMetadata::Raw(raw) => self.admits_raw(&RawFacts::of_sample(raw), now),
        }
    }

    pub(super) fn admits_raw(&self, file: &RawFacts<'_>, now: Moment) -> bool {
        all_or_any(self.criteria.as_deref(), |criterion| criterion.admits(file, now))
    }
}

/// A file of a month is admitted if any range touches that month; files without a month are not time-bound.
pub(super) fn admits_month(ranges: Option<&[TimeRange]>, month: Option<Month>, now: Moment) -> bool {
    let Some(month) = month else { return true };
    let (start, end) = (Moment::from_millis(month.start_ms()), Moment::from_millis(month.end_ms()));
    all_or_any(ranges, |range| range.touches(start, end, now))
}

/// Whether any of the groups has this source and type of object.
pub(super) fn admits_type(
    groups: Option<&[ServiceGroupScope]>,
    source: &SourceIds,
    object_type: Option<u32>,
) -> bool {
    let is = |id: f64, known: u32| id == f64::from(known);
    all_or_any(groups, |group| {
        is(group.id, source.group)
            && all_or_any(group.service_types.as_deref(), |service| {
                (is(service.id, source.service) || is(service.id, source.source))
                    && all_or_any(service.service_object_types.as_deref(), |wanted| {
                        object_type.is_some_and(|known| is(wanted.id, known))
                    })
            })
    })
}

/// An absent or empty list means everything below (protocol reference, http-api §1.7).
pub(super) fn all_or_any<T>(list: Option<&[T]>, admits: impl Fn(&T) -> bool) -> bool {
    match list {
        None | Some([]) => true,
        Some(list) => list.iter().any(admits),
    }
}

impl TimeRange {
    /// Checks `last`, and says what is wrong with it.
    pub(super) fn validate(&self) -> Result<(), String> {
        match &self.last {
            Some(last) if parse_last(last).is_none() => {
                Err(format!("\"last\" is \"{last}\", expected a number and d, m or y, such as \"6m\""))
            }
            _ => Ok(()),
        }
    }

    /// Whether the range has this moment.
    pub(super) fn has(&self, moment: Moment, now: Moment) -> bool {
        self.touches(moment, moment.plus(Duration::from_millis(1)), now)
    }

    /// Whether the range shares a moment with `start..end`.
    pub(super) fn touches(&self, start: Moment, end: Moment, now: Moment) -> bool {
        let last = self.last.as_deref().and_then(parse_last).map(|span| {
            let today = now.date();
            at_midnight(today.checked_sub(span).unwrap_or(Date::MIN))
        });
        let from = self.from.map(from_client).max(last);
        let to = self.to.map(from_client);
        from.is_none_or(|from| end > from) && to.is_none_or(|to| start <= to)
    }
}

fn at_midnight(date: Date) -> Moment {
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp());
    Moment::from_millis(midnight.unwrap_or_default().as_millisecond())
}

/// Seconds by the reference; Android sends milliseconds (legacy endpoints §1), which as seconds
/// would lie tens of thousands of years ahead. The end of the year 9999 is the last that clients know.
pub(crate) fn from_client(value: f64) -> Moment {
    const YEAR_10000_IN_SECONDS: f64 = 253_402_300_800.0;
    let millis = if value.abs() < YEAR_10000_IN_SECONDS { value * 1000.0 } else { value };
    Moment::from_millis(millis as i64)
}

fn parse_last(text: &str) -> Option<jiff::Span> {
    let unit = text.chars().next_back()?;
    let count: i64 = text.strip_suffix(unit)?.parse().ok().filter(|n| *n >= 0)?;
    match unit {
        'd' => jiff::Span::new().try_days(count).ok(),
        'm' => jiff::Span::new().try_months(count).ok(),
        'y' => jiff::Span::new().try_years(count).ok(),
        _ => None,
    }
}

//! What a client asks a read session for (protocol reference, http-api §1.7).

mod criteria;

use std::time::Duration;

use digime_fixtures::{Compression, DatasetFile, FileMetadata, Month};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contract::Contract;
use super::refusal::Refusal;
use super::session::Unasked;
use crate::clock::Moment;

pub(crate) use criteria::RawFacts;

use criteria::Criterion;

/// `PullSessionOptions`: at `actions.pull` of authorize, at the top level of trigger. Unknown keys
/// are ignored, as the platform does; `null` means absent.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PullOptions {
    limits: Option<Limits>,
    scope: Option<Scope>,
    source_fetch: Option<bool>,
    source_fetch_filter: Option<SourceFetchFilter>,
    accept: Option<Accept>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
    duration: Option<DurationLimits>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct DurationLimits {
    /// Seconds; 0 means no limit.
    source_fetch: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Scope {
    time_ranges: Option<Vec<TimeRange>>,
    service_groups: Option<Vec<ServiceGroupScope>>,
    criteria: Option<Vec<Criterion>>,
    /// iOS 5.1.2 puts these two here (protocol reference, http-api §1.7).
    source_fetch: Option<bool>,
    source_fetch_filter: Option<SourceFetchFilter>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema, Serialize)]
struct TimeRange {
    #[serde(default, deserialize_with = "number_or_nothing")]
    #[schemars(with = "Option<f64>")]
    from: Option<f64>,
    #[serde(default, deserialize_with = "number_or_nothing")]
    #[schemars(with = "Option<f64>")]
    to: Option<f64>,
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
struct ServiceGroupScope {
    id: f64,
    service_types: Option<Vec<ServiceTypeScope>>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceTypeScope {
    id: f64,
    service_object_types: Option<Vec<ObjectTypeScope>>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, JsonSchema, Serialize)]
struct ObjectTypeScope {
    id: f64,
}

#[derive(Clone, Debug, Deserialize, PartialEq, JsonSchema, Serialize)]
struct SourceFetchFilter {
    account: AccountFilter,
}

#[derive(Clone, Debug, Deserialize, PartialEq, JsonSchema, Serialize)]
struct AccountFilter {
    id: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema, Serialize)]
struct Accept {
    compression: Option<String>,
}

impl PullOptions {
    /// Takes this scope if the options have none.
    pub(crate) fn scope_or(&mut self, scope: Scope) {
        self.scope.get_or_insert(scope);
    }

    /// Checks what serde cannot.
    ///
    /// # Errors
    /// `ValidationErrors` naming the field.
    pub(crate) fn validate(&self) -> Result<(), Refusal> {
        let scope = self.scope.iter();
        let ranges = scope.clone().flat_map(|s| s.time_ranges.iter().flatten());
        let criteria = scope.flat_map(|s| s.criteria.iter().flatten()).map(|c| &c.range);
        for range in ranges.chain(criteria) {
            if let Some(last) = &range.last {
                parse_last(last).ok_or_else(|| {
                    Refusal::validation(format!(
                        "\"last\" is \"{last}\", expected a number and d, m or y, such as \"6m\""
                    ))
                })?;
            }
        }
        match self.accept.as_ref().and_then(|a| a.compression.as_deref()) {
            None | Some("gzip" | "brotli" | "no-compression") => Ok(()),
            Some(other) => Err(Refusal::validation(format!(
                "accept.compression is \"{other}\", expected gzip, brotli or no-compression"
            ))),
        }
    }

    /// Checks that the scope asks for nothing that the contract does not cover.
    ///
    /// # Errors
    /// `ScopeOutOfBounds` naming the service group.
    pub(crate) fn require_within(&self, contract: &Contract) -> Result<(), Refusal> {
        let groups = self.scope.iter().flat_map(|scope| scope.service_groups.iter().flatten());
        let beyond = groups.map(|group| group.id as u32).find(|id| !contract.covers(*id));
        beyond.map_or(Ok(()), |id| {
            let covered = &contract.service_groups;
            let detail = format!("service group {id} is not one of the contract's: {covered:?}");
            Err(Refusal::scope_out_of_bounds(detail))
        })
    }

    /// Whether connected sources are synced; otherwise only what the library already has is read.
    pub(crate) fn fetches(&self) -> bool {
        let in_scope = self.scope.as_ref().and_then(|scope| scope.source_fetch);
        self.source_fetch.or(in_scope).unwrap_or(true)
    }

    /// Reads only what the library already has, whatever the client asked for.
    pub(crate) fn fetch_nothing(&mut self) {
        self.source_fetch = Some(false);
    }

    /// Whether this account takes part.
    pub(crate) fn includes_account(&self, account_id: &str) -> bool {
        let in_scope = || self.scope.as_ref().and_then(|scope| scope.source_fetch_filter.as_ref());
        match self.source_fetch_filter.as_ref().or_else(in_scope) {
            Some(filter) => filter.account.id.iter().any(|id| id == account_id),
            None => true,
        }
    }

    /// How long sources may be fetched, if the client limits it.
    pub(crate) fn quota(&self) -> Option<Duration> {
        let seconds = self.limits.as_ref()?.duration.as_ref()?.source_fetch?;
        Duration::try_from_secs_f64(seconds).ok().filter(|quota| !quota.is_zero())
    }

    /// How a file is compressed that its dataset compresses as `own`: as the client asks, whatever
    /// the dataset prefers. Mobile clients read no brotli and ask for nothing in some flows, so it is
    /// sent only to those who ask for it (protocol reference, crypto §5 and legacy rule 6).
    pub(crate) fn compression_of(&self, own: Compression, unasked: Unasked) -> Compression {
        let asked = self.accept.as_ref().and_then(|accept| accept.compression.as_deref());
        match (asked, own, unasked) {
            (Some("gzip"), ..) => Compression::Gzip,
            (Some("brotli"), ..) => Compression::Brotli,
            (None, Compression::Gzip | Compression::Brotli, Unasked::AsStored) => Compression::Gzip,
            _ => Compression::None,
        }
    }

    /// Whether the scope admits this file of `source`, as of `now`.
    pub(crate) fn admits(&self, source: &SourceIds, file: &DatasetFile, now: Moment) -> bool {
        let Some(scope) = &self.scope else { return true };
        match &file.metadata {
            FileMetadata::Mapped(_) => {
                scope.admits_month(file.month, now) && scope.admits_type(source, file.object_type)
            }
            FileMetadata::Raw(raw) => scope.admits_raw(&RawFacts::of_sample(raw), now),
        }
    }

    /// Whether the scope admits this pushed file, as of `now`.
    pub(crate) fn admits_raw(&self, file: &RawFacts<'_>, now: Moment) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.admits_raw(file, now))
    }
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

impl Scope {
    /// A file of a month is admitted if any range touches that month; files without a month are
    /// not time-bound.
    fn admits_month(&self, month: Option<Month>, now: Moment) -> bool {
        let (Some(ranges), Some(month)) = (self.time_ranges.as_deref(), month) else { return true };
        let (start, end) = (Moment::from_millis(month.start_ms()), Moment::from_millis(month.end_ms()));
        ranges.is_empty() || ranges.iter().any(|range| range.touches(start, end, now))
    }

    fn admits_raw(&self, file: &RawFacts<'_>, now: Moment) -> bool {
        all_or_any(self.criteria.as_deref(), |criterion| criterion.admits(file, now))
    }

    fn admits_type(&self, source: &SourceIds, object_type: Option<u32>) -> bool {
        let Some(groups) = self.service_groups.as_deref().filter(|groups| !groups.is_empty()) else {
            return true;
        };
        let is = |id: f64, known: u32| id == f64::from(known);
        groups.iter().filter(|group| is(group.id, source.group)).any(|group| {
            all_or_any(group.service_types.as_deref(), |service| {
                (is(service.id, source.service) || is(service.id, source.source))
                    && all_or_any(service.service_object_types.as_deref(), |wanted| {
                        object_type.is_some_and(|known| is(wanted.id, known))
                    })
            })
        })
    }
}

/// An absent or empty list means everything below (protocol reference, http-api §1.7).
fn all_or_any<T>(list: Option<&[T]>, admits: impl Fn(&T) -> bool) -> bool {
    match list {
        None | Some([]) => true,
        Some(list) => list.iter().any(admits),
    }
}

impl TimeRange {
    /// Whether the range shares a moment with `start..end`.
    fn touches(&self, start: Moment, end: Moment, now: Moment) -> bool {
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
/// would lie tens of thousands of years ahead.
pub(crate) fn from_client(value: f64) -> Moment {
    const YEAR_5138_IN_SECONDS: f64 = 1e11;
    let millis = if value.abs() < YEAR_5138_IN_SECONDS { value * 1000.0 } else { value };
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

#[cfg(test)]
mod tests {
    use super::*;
    use digime_fixtures::{Dataset, GenerateOptions};
    use serde_json::json;

    /// 15 January 2026.
    const NOW: Moment = Moment::from_millis(1_768_435_200_000);

    fn options(json: serde_json::Value) -> PullOptions {
        let options: PullOptions = serde_json::from_value(json).unwrap();
        options.validate().unwrap();
        options
    }

    fn social() -> (SourceIds, Vec<DatasetFile>) {
        let source = digime_fixtures::catalogue::source(1).unwrap();
        let dataset = Dataset::generate(source, "default", &GenerateOptions::default()).unwrap();
        let ids = SourceIds { group: source.group_id, service: source.service_id, source: source.id };
        (ids, dataset.files.into_iter().filter(|f| f.month.is_some()).collect())
    }

    fn months(json: serde_json::Value) -> Vec<String> {
        let (ids, files) = social();
        let options = options(json);
        let admitted = files.iter().filter(|file| options.admits(&ids, file, NOW));
        let mut months: Vec<_> = admitted.filter_map(|f| f.month.map(|m| m.to_string())).collect();
        months.sort();
        months.dedup();
        months
    }

    #[test]
    fn last_counts_back_from_now() {
        let scope = json!({"scope": {"timeRanges": [{"last": "1m"}]}});
        assert_eq!(months(scope), ["2025-12", "2026-01"]);
    }

    #[test]
    fn from_and_to_are_seconds_and_milliseconds_are_understood() {
        let november_2025 = json!({"from": 1_761_955_200, "to": 1_764_547_199});
        let in_millis = json!({"from": 1_761_955_200_000_u64, "to": 1_764_547_199_000_u64});
        for range in [november_2025, in_millis] {
            assert_eq!(months(json!({"scope": {"timeRanges": [range]}})), ["2025-11"]);
        }
    }

    #[test]
    fn ranges_add_up_and_an_empty_list_means_everything() {
        let two =
            json!({"scope": {"timeRanges": [{"last": "1d"}, {"from": 1_761_955_200, "to": 1_761_955_200}]}});
        assert_eq!(months(two), ["2025-11", "2026-01"]);
        assert_eq!(months(json!({"scope": {"timeRanges": []}})), months(json!({})));
    }

    #[test]
    fn a_service_group_may_be_narrowed_by_service_source_and_object_type() {
        let (ids, files) = social();
        let count = |groups: serde_json::Value| {
            let options = options(json!({"scope": {"serviceGroups": groups}}));
            files.iter().filter(|file| options.admits(&ids, file, NOW)).count()
        };
        assert_eq!(count(json!([{"id": 1}])), files.len());
        assert_eq!(count(json!([{"id": 2}])), 0);
        assert_eq!(
            count(json!([{"id": 1, "serviceTypes": [{"id": 1, "serviceObjectTypes": []}]}])),
            files.len()
        );
        assert_eq!(count(json!([{"id": 1, "serviceTypes": [{"id": 99}]}])), 0);
        let posts = files.iter().filter(|file| file.object_type == Some(2)).count();
        assert!(posts > 0 && posts < files.len());
        let only_posts = json!([{"id": 1, "serviceTypes": [{"id": 1, "serviceObjectTypes": [{"id": 2}]}]}]);
        assert_eq!(count(only_posts), posts);
    }

    #[test]
    fn both_places_of_the_source_fetch_options_are_read() {
        let top = options(json!({"sourceFetch": false, "sourceFetchFilter": {"account": {"id": ["a"]}}}));
        let inside = options(
            json!({"scope": {"sourceFetch": false, "sourceFetchFilter": {"account": {"id": ["a"]}}}}),
        );
        for options in [top, inside] {
            assert!(!options.fetches());
            assert!(options.includes_account("a") && !options.includes_account("b"));
        }
        assert!(options(json!({"sourceFetch": null})).fetches());
    }

    #[test]
    fn a_quota_of_zero_is_none() {
        let quota = |n: f64| options(json!({"limits": {"duration": {"sourceFetch": n}}})).quota();
        assert_eq!(quota(0.0), None);
        assert_eq!(quota(-1.0), None);
        assert_eq!(quota(1.5), Some(Duration::from_millis(1500)));
    }

    #[test]
    fn a_bad_last_is_refused_with_its_text() {
        for last in ["", "6", "m", "-1d", "6w", "é"] {
            let options: PullOptions =
                serde_json::from_value(json!({"scope": {"timeRanges": [{"last": last}]}})).unwrap();
            let refusal = options.validate().unwrap_err();
            assert_eq!(refusal.code.as_str(), "ValidationErrors");
            assert!(refusal.message.contains(last));
        }
    }
}

//! What a client asks a read session for (protocol reference, http-api §1.7).

mod contract_scope;
mod criteria;
mod scope;

use std::time::Duration;

use digime_fixtures::{Compression, DatasetFile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contract::Contract;
use super::refusal::Refusal;
use super::session::Unasked;
use crate::clock::Moment;

pub use contract_scope::ContractScope;
pub(crate) use criteria::RawFacts;
pub(crate) use scope::{RangeUnit, ReadableRange, Scope, SourceIds, TimeRange, from_client};

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
        self.scope.as_ref().map_or(Ok(()), Scope::validate)?;
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
        let beyond = self.scope.iter().flat_map(Scope::groups).find(|id| !contract.covers(*id));
        beyond.map_or(Ok(()), |id| {
            let covered = contract.covered_groups();
            let detail = format!("service group {id} is not one of the contract's: {covered:?}");
            Err(Refusal::scope_out_of_bounds(detail))
        })
    }

    /// The service groups that its scope names; all if there are none.
    pub(crate) fn groups(&self) -> Vec<u32> {
        self.scope.iter().flat_map(Scope::groups).collect()
    }

    /// The time ranges of its scope; all times if there are none.
    pub(crate) fn time_ranges(&self) -> &[TimeRange] {
        self.scope.as_ref().map_or(&[], Scope::time_ranges)
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
        self.scope.as_ref().is_none_or(|scope| scope.admits(source, file, now))
    }

    /// Whether the scope admits this pushed file, as of `now`.
    pub(crate) fn admits_raw(&self, file: &RawFacts<'_>, now: Moment) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.admits_raw(file, now))
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

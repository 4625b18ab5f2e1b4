//! `scope.criteria`: which raw files a session is to have (protocol reference, http-api §1.7).

use digime_fixtures::Raw;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scope::{TimeRange, all_or_any};
use crate::clock::Moment;

#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema, Serialize)]
pub(super) struct Criterion {
    #[serde(flatten)]
    pub(super) range: TimeRange,
    metadata: Option<CriterionMetadata>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct CriterionMetadata {
    accounts: Option<Vec<CriterionAccount>>,
    app_id: Option<Vec<String>>,
    contract_id: Option<Vec<String>>,
    mime_type: Option<Vec<String>>,
    reference: Option<Vec<String>>,
    tags: Option<Vec<String>>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct CriterionAccount {
    account_id: String,
}

impl Criterion {
    /// Whether the file has everything that the criterion names; of a list, one suffices.
    pub(super) fn admits(&self, file: &RawFacts<'_>, now: Moment) -> bool {
        let in_time = file.created.is_none_or(|created| self.range.has(created, now));
        let Some(metadata) = &self.metadata else { return in_time };
        let any = |wanted: &Option<Vec<String>>, has: &[&str]| {
            all_or_any(wanted.as_deref(), |text| has.contains(&text.as_str()))
        };
        in_time
            && any(&metadata.mime_type, &[file.mime_type])
            && any(&metadata.reference, &file.reference)
            && any(&metadata.tags, &file.tags)
            && any(&metadata.app_id, file.application_id.as_slice())
            && any(&metadata.contract_id, file.contract_id.as_slice())
            && all_or_any(metadata.accounts.as_deref(), |a| file.accounts.contains(&a.account_id.as_str()))
    }
}

/// What criteria can ask of a raw file. Sample files were pushed by no known contract.
#[derive(Clone, Debug)]
pub(crate) struct RawFacts<'a> {
    /// When it was pushed.
    pub created: Option<Moment>,
    /// MIME type.
    pub mime_type: &'a str,
    /// Ids of the accounts that it belongs to.
    pub accounts: Vec<&'a str>,
    /// The pusher's references.
    pub reference: Vec<&'a str>,
    /// The pusher's tags.
    pub tags: Vec<&'a str>,
    /// The application that pushed it.
    pub application_id: Option<&'a str>,
    /// The contract that pushed it.
    pub contract_id: Option<&'a str>,
}

impl<'a> RawFacts<'a> {
    pub(super) fn of_sample(raw: &'a Raw) -> Self {
        let texts = |list: &'a [String]| list.iter().map(String::as_str).collect();
        Self {
            created: raw.created_ms.map(Moment::from_millis),
            mime_type: &raw.mimetype,
            accounts: texts(&raw.accounts),
            reference: texts(&raw.reference),
            tags: texts(&raw.tags),
            application_id: None,
            contract_id: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::PullOptions;
    use super::*;
    use serde_json::json;

    /// 15 January 2026.
    const NOW: Moment = Moment::from_millis(1_768_435_200_000);

    #[test]
    fn a_criterion_asks_for_all_that_it_names_and_criteria_add_up() {
        let file = RawFacts {
            created: Some(NOW),
            mime_type: "text/plain",
            accounts: vec!["a1"],
            reference: vec!["r1", "r2"],
            tags: vec!["t1"],
            application_id: Some("app"),
            contract_id: Some("contract"),
        };
        let admits = |criteria: serde_json::Value| {
            let options: PullOptions =
                serde_json::from_value(json!({"scope": {"criteria": criteria}})).unwrap();
            options.admits_raw(&file, NOW)
        };
        for criteria in [
            json!([]),
            json!([{}]),
            json!([{"metadata": {"tags": ["t1", "other"]}}]),
            json!([{"metadata": {"mimeType": ["text/plain"], "reference": ["r2"], "tags": []}}]),
            json!([{"metadata": {"accounts": [{"accountId": "a1"}]}}]),
            json!([{"metadata": {"appId": ["app"], "contractId": ["contract"]}}]),
            json!([{"last": "1d"}]),
            json!([{"from": NOW.seconds()}]),
            json!([{"metadata": {"tags": ["other"]}}, {"metadata": {"tags": ["t1"]}}]),
        ] {
            assert!(admits(criteria.clone()), "{criteria}");
        }
        for criteria in [
            json!([{"metadata": {"tags": ["other"]}}]),
            json!([{"metadata": {"tags": ["t1"], "mimeType": ["image/png"]}}]),
            json!([{"metadata": {"accounts": [{"accountId": "a2"}]}}]),
            json!([{"metadata": {"appId": ["other"]}}]),
            json!([{"metadata": {"contractId": ["other"]}}]),
            json!([{"from": NOW.seconds() + 1}]),
        ] {
            assert!(!admits(criteria.clone()), "{criteria}");
        }
    }
}

//! What a client asks of a table of the catalogue: countries, platforms, categories, source types
//! (protocol reference, http-api §6.2 to §6.5).

use schemars::JsonSchema;
use serde::Deserialize;

/// The body of such a request; an empty one asks for everything.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema)]
pub(crate) struct CatalogueQuery {
    query: Option<CatalogueCriteria>,
}

/// Which rows, and which of their fields.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema)]
struct CatalogueCriteria {
    include: Option<Vec<String>>,
    filter: Option<CatalogueFilter>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema)]
struct CatalogueFilter {
    id: Option<Ids>,
}

/// Ids as a list or, from iOS, as `{"id": […]}`.
#[derive(Clone, Debug, Deserialize, PartialEq, JsonSchema)]
#[serde(untagged, expecting = "expected a list of ids, or {\"id\": [ids]}")]
pub(crate) enum Ids {
    /// `[1, 2]`
    List(Vec<f64>),
    /// `{"id": [1, 2]}`
    Nested {
        /// The ids.
        id: Vec<f64>,
    },
}

impl Ids {
    /// Whether one of the ids is among them.
    pub(crate) fn allow(&self, ids: &[u32]) -> bool {
        let (Self::List(allowed) | Self::Nested { id: allowed }) = self;
        ids.iter().any(|id| allowed.contains(&f64::from(*id)))
    }
}

impl CatalogueQuery {
    /// Whether the row with this id is asked for.
    pub(crate) fn asks_for(&self, id: u32) -> bool {
        let filter = self.query.as_ref().and_then(|query| query.filter.as_ref());
        filter.and_then(|filter| filter.id.as_ref()).is_none_or(|ids| ids.allow(&[id]))
    }

    /// The paths of the fields that are asked for; empty means all.
    pub(crate) fn include(&self) -> &[String] {
        self.query.as_ref().and_then(|query| query.include.as_deref()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(body: Value) -> CatalogueQuery {
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn both_forms_of_ids_filter_and_nothing_filters_nothing() {
        for body in [json!({}), json!({"query": {}}), json!({"query": {"filter": {}, "include": null}})] {
            assert!(read(body.clone()).asks_for(5), "{body}");
        }
        for ids in [json!([1, 5.0]), json!({"id": [5]})] {
            let query = read(json!({"query": {"filter": {"id": ids}, "include": ["name"]}}));
            assert!(query.asks_for(5) && !query.asks_for(4));
            assert_eq!(query.include(), ["name"]);
        }
        assert!(!read(json!({"query": {"filter": {"id": []}}})).asks_for(5));
    }

    #[test]
    fn another_form_of_ids_is_refused_with_the_expected_one() {
        let wrong = serde_json::from_value::<CatalogueQuery>(json!({"query": {"filter": {"id": "5"}}}));
        assert_eq!(wrong.unwrap_err().to_string(), "expected a list of ids, or {\"id\": [ids]}");
    }
}

//! Asking for sources (protocol reference, http-api §6.1, objects §5.2).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::discovery::source::PublishedStatus;
use crate::discovery::sources_filter::{Filter, Ids};
use crate::ids::{CategoryId, CountryId, PlatformId, ServiceId, SourceId, SourceTypeId};

/// Order of sources, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub enum SortOrder {
    /// From A to Z.
    #[serde(rename = "asc")]
    Ascending,
    /// From Z to A.
    #[serde(rename = "desc")]
    Descending,
}

/// Field of a source that is searched for texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SearchField {
    /// `name`
    Name,
    /// `abbreviation`
    Abbreviation,
    /// `alias`
    Alias,
    /// `medicalCenter`
    MedicalCenter,
    /// `practitioner`
    Practitioner,
    /// `address.city`
    AddressCity,
    /// `address.zipCode`
    AddressZipCode,
    /// Another field, as the platform names it.
    Other(String),
}

impl SearchField {
    /// The field as it is written on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Name => "name",
            Self::Abbreviation => "abbreviation",
            Self::Alias => "alias",
            Self::MedicalCenter => "medicalCenter",
            Self::Practitioner => "practitioner",
            Self::AddressCity => "address.city",
            Self::AddressZipCode => "address.zipCode",
            Self::Other(field) => field,
        }
    }
}

/// Query of [`crate::Client::query_sources`].
///
/// Unless told otherwise it asks for approved pull sources only, as official
/// SDKs do. Different filters must all fit; of one filter any value.
///
/// ```
/// use digime::discovery::{SearchField, SortOrder, SourcesQuery};
///
/// assert_eq!(
///     serde_json::to_value(SourcesQuery::new()).unwrap(),
///     serde_json::json!({
///         "query": {"filter": {"type": {"id": [1]}, "publishedStatus": ["approved"]}}
///     })
/// );
/// let query = SourcesQuery::new()
///     .limit(20)
///     .sort(SortOrder::Ascending)
///     .search(SearchField::Name, ["hospital"])
///     .include(["name", "resource.url"])
///     .countries([10]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SourcesQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sort: Option<Sort>,
    query: Query,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Sort {
    name: SortOrder,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Query {
    #[serde(skip_serializing_if = "Option::is_none")]
    query_string: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    search: BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    include: Vec<String>,
    filter: Filter,
}

impl SourcesQuery {
    /// All approved pull sources.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sources per page. Default: the platform's.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sources to skip.
    #[must_use]
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// Sorts by name.
    #[must_use]
    pub fn sort(mut self, order: SortOrder) -> Self {
        self.sort = Some(Sort { name: order });
        self
    }

    /// Free text as a user typed it.
    #[must_use]
    pub fn query_string(mut self, text: impl Into<String>) -> Self {
        self.query.query_string = Some(text.into());
        self
    }

    /// Searches one field for texts; call again for further fields.
    #[must_use]
    pub fn search<T: Into<String>>(mut self, field: SearchField, texts: impl IntoIterator<Item = T>) -> Self {
        let known = self.query.search.entry(field.as_str().to_owned()).or_default();
        known.extend(texts.into_iter().map(Into::into));
        self
    }

    /// Asks for these fields only, such as `name` or `resource.url`; all others
    /// of [`crate::discovery::Source`] are `None` then. The id is always there.
    #[must_use]
    pub fn include<T: Into<String>>(mut self, paths: impl IntoIterator<Item = T>) -> Self {
        self.query.include.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Only these sources.
    #[must_use]
    pub fn ids<I: Into<SourceId>>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        self.query.filter.id = Some(ids.into_iter().map(Into::into).collect());
        self
    }

    /// Only sources of these states, instead of approved ones.
    #[must_use]
    pub fn published_statuses(mut self, statuses: impl IntoIterator<Item = PublishedStatus>) -> Self {
        self.query.filter.published_status = statuses.into_iter().collect();
        self
    }

    /// Only sources of these kinds, instead of pull sources.
    #[must_use]
    pub fn types<I: Into<SourceTypeId>>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        self.query.filter.r#type = Ids::new(ids);
        self
    }

    /// Only sources of these services.
    #[must_use]
    pub fn services<I: Into<ServiceId>>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        self.query.filter.service = Some(Ids::new(ids));
        self
    }

    /// Only sources of these countries.
    #[must_use]
    pub fn countries<I: Into<CountryId>>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        self.query.filter.country = Some(Ids::new(ids));
        self
    }

    /// Only sources of these categories.
    #[must_use]
    pub fn categories<I: Into<CategoryId>>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        self.query.filter.category = Some(Ids::new(ids));
        self
    }

    /// Only sources that work on these platforms.
    #[must_use]
    pub fn platforms<I: Into<PlatformId>>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        self.query.filter.platform = Some(Ids::new(ids));
        self
    }

    /// The filter `sourceId`; what tells it from [`SourcesQuery::ids`] is not
    /// documented.
    #[must_use]
    pub fn source_id(mut self, id: impl Into<SourceId>) -> Self {
        self.query.filter.source_id = Some(id.into().0);
        self
    }

    /// Only sources of these references.
    #[must_use]
    pub fn references<T: Into<String>>(mut self, references: impl IntoIterator<Item = T>) -> Self {
        self.query.filter.reference = Some(references.into_iter().map(Into::into).collect());
        self
    }

    /// Only sources of these aliases.
    #[must_use]
    pub fn aliases<T: Into<String>>(mut self, aliases: impl IntoIterator<Item = T>) -> Self {
        self.query.filter.alias = Some(aliases.into_iter().map(Into::into).collect());
        self
    }

    pub(crate) fn first(&self) -> u64 {
        self.offset.unwrap_or(0)
    }
}

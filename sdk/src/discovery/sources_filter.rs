//! The exact filters of a source query (protocol reference, http-api §6.1).

use serde::Serialize;

use crate::discovery::source::PublishedStatus;
use crate::ids::{CategoryId, CountryId, PlatformId, ServiceId, SourceId, SourceTypeId};

/// Filters as they are sent. Different keys must all fit; of one key any value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Filter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<Vec<SourceId>>,
    pub(crate) published_status: Vec<PublishedStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service: Option<Ids<ServiceId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) country: Option<Ids<CountryId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) category: Option<Ids<CategoryId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<Ids<PlatformId>>,
    pub(crate) r#type: Ids<SourceTypeId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alias: Option<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Ids<I> {
    id: Vec<I>,
}

impl<I> Ids<I> {
    pub(crate) fn new<G: Into<I>>(ids: impl IntoIterator<Item = G>) -> Self {
        Self { id: ids.into_iter().map(Into::into).collect() }
    }
}

impl Default for Filter {
    /// The two filters official SDKs set unless told otherwise.
    fn default() -> Self {
        Self {
            id: None,
            published_status: vec![PublishedStatus::Approved],
            service: None,
            country: None,
            category: None,
            platform: None,
            r#type: Ids::new([SourceTypeId::PULL]),
            source_id: None,
            reference: None,
            alias: None,
        }
    }
}

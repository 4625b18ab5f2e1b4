//! `discover`: what users can connect.

use digime::discovery::{ListQuery, ServicesQuery, SortOrder, SourcesQuery};
use digime::SourceId;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Act, Outcome, Trouble, to_json};
use crate::format::{Field, Order};
use crate::scene::Scene;

/// What is asked of discovery (protocol reference, http-api §6).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Discover {
    /// A page of sources.
    Sources(Sources),
    /// All sources that match, page by page.
    AllSources(Sources),
    /// Countries.
    Countries(Table),
    /// Platforms.
    Platforms(Table),
    /// Categories.
    Categories(Table),
    /// Types of sources.
    SourceTypes(Table),
    /// Services, as older clients ask for them.
    Services(Services),
    /// Sample datasets of a source.
    SampleDataSets(SampleDataSets),
}

/// A query of sources.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Sources {
    /// Size of a page.
    limit: Option<Field<u64>>,
    /// How many come before the page.
    offset: Option<Field<u64>>,
    /// Order by name.
    sort: Option<Order>,
    /// Text that names contain.
    text: Option<Field<String>>,
    /// Members that are wanted.
    include: Option<Vec<String>>,
    /// Ids.
    ids: Option<Vec<u64>>,
    /// Ids of their countries.
    countries: Option<Vec<u64>>,
    /// Ids of their categories.
    categories: Option<Vec<u64>>,
    /// Ids of their services.
    services: Option<Vec<u64>>,
    /// Ids of their types: 1 to pull from, 2 to push to.
    types: Option<Vec<u64>>,
}

/// A query of a table.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Table {
    /// Ids.
    ids: Option<Vec<u64>>,
    /// Members that are wanted.
    include: Option<Vec<String>>,
}

/// A query of services.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Services {
    /// Kind of the contract whose services are wanted.
    contract: Option<Field<String>>,
    /// Also those that have sample data only.
    sample_only_sources: bool,
}

/// A query of sample datasets.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SampleDataSets {
    /// Id of the source.
    source: Field<u64>,
}

impl Act for Discover {
    async fn act(&self, scene: &mut Scene) -> Outcome {
        let contract = scene.contract(None, None)?;
        let client = &scene.client;
        match self {
            Self::Sources(sources) => {
                let page = client.query_sources(&contract, &sources.query(scene)?).await?;
                Ok(json!({ "data": page.data, "limit": page.limit, "offset": page.offset, "total": page.total }))
            }
            Self::AllSources(sources) => {
                let mut all = client.all_sources(&contract, sources.query(scene)?);
                let mut found = Vec::new();
                while let Some(source) = futures_util::StreamExt::next(&mut all).await {
                    found.push(to_json(&source?)?);
                }
                Ok(Value::Array(found))
            }
            Self::Countries(table) => to_json(&client.query_countries(&contract, &table.query()).await?),
            Self::Platforms(table) => to_json(&client.query_platforms(&contract, &table.query()).await?),
            Self::Categories(table) => to_json(&client.query_categories(&contract, &table.query()).await?),
            Self::SourceTypes(table) => to_json(&client.query_source_types(&contract, &table.query()).await?),
            Self::Services(services) => to_json(&client.services(&services.query(scene)?).await?),
            Self::SampleDataSets(SampleDataSets { source }) => {
                let source = SourceId::from(scene.field(source)?);
                to_json(&client.sample_data_sets(&contract, source).await?)
            }
        }
    }
}

impl Sources {
    fn query(&self, scene: &Scene) -> Result<SourcesQuery, Trouble> {
        let mut query = SourcesQuery::new();
        if let Some(limit) = scene.optional(self.limit.as_ref())? {
            query = query.limit(limit);
        }
        if let Some(offset) = scene.optional(self.offset.as_ref())? {
            query = query.offset(offset);
        }
        match self.sort {
            Some(Order::Ascending) => query = query.sort(SortOrder::Ascending),
            Some(Order::Descending) => query = query.sort(SortOrder::Descending),
            None => {}
        }
        if let Some(text) = scene.optional(self.text.as_ref())? {
            query = query.query_string(text);
        }
        if let Some(include) = &self.include {
            query = query.include(include);
        }
        if let Some(ids) = &self.ids {
            query = query.ids(ids.iter().copied());
        }
        if let Some(ids) = &self.countries {
            query = query.countries(ids.iter().copied());
        }
        if let Some(ids) = &self.categories {
            query = query.categories(ids.iter().copied());
        }
        if let Some(ids) = &self.services {
            query = query.services(ids.iter().copied());
        }
        if let Some(ids) = &self.types {
            query = query.types(ids.iter().copied());
        }
        Ok(query)
    }
}

impl Table {
    fn query(&self) -> ListQuery {
        let mut query = ListQuery::new();
        if let Some(ids) = &self.ids {
            query = query.ids(ids.iter().copied());
        }
        match &self.include {
            Some(include) => query.include(include),
            None => query,
        }
    }
}

impl Services {
    fn query(&self, scene: &Scene) -> Result<ServicesQuery, Trouble> {
        let query = ServicesQuery::new().include_sample_data_only_sources(self.sample_only_sources);
        match scene.optional(self.contract.as_ref())? {
            Some(kind) => Ok(query.contract(scene.contract_key(Some(&kind))?.contract_id.clone())),
            None => Ok(query),
        }
    }
}

//! What sources are sorted by: countries, platforms, categories, kinds
//! (protocol reference, http-api §6.2–6.5, objects §5.3–5.4).

use std::collections::BTreeMap;

use http::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::Client;
use crate::contract::Contract;
use crate::error::{Operation, Result};
use crate::http::request::Request;
use crate::ids::{CategoryId, CountryId, PlatformId, SourceTypeId};

/// A picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Resource {
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// MIME type, such as `image/svg+xml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mimetype: Option<String>,
    /// Everything else, as sent.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// Query of the four lists.
///
/// ```
/// let query = digime::discovery::ListQuery::new().ids([1, 10]).include(["id", "name"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    include: Option<Vec<String>>,
    ids: Option<Vec<u64>>,
}

#[derive(Serialize)]
struct Body<'a> {
    query: Query<'a>,
}

#[derive(Serialize)]
struct Query<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    include: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<Filter<'a>>,
}

#[derive(Serialize)]
struct Filter<'a> {
    id: &'a [u64],
}

impl ListQuery {
    /// The whole list, with all fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only the entries of these ids.
    #[must_use]
    pub fn ids(mut self, ids: impl IntoIterator<Item = u64>) -> Self {
        self.ids = Some(ids.into_iter().collect());
        self
    }

    /// Asks for these fields only, such as `name`; the others are `None` then.
    #[must_use]
    pub fn include<T: Into<String>>(mut self, paths: impl IntoIterator<Item = T>) -> Self {
        self.include = Some(paths.into_iter().map(Into::into).collect());
        self
    }

    /// No parameters, no body at all: as official SDKs (http-api §6.2).
    fn request(&self, request: Request) -> Result<Request> {
        if *self == Self::default() {
            return Ok(request.json_type());
        }
        let filter = self.ids.as_deref().map(|id| Filter { id });
        request.json(&Body { query: Query { include: self.include.as_deref(), filter } })
    }
}

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Listed<T> {
    data: Vec<T>,
}

macro_rules! entries {
    ($($(#[$doc:meta])* $name:ident($id:ident) { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)+ })+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            #[serde(rename_all = "camelCase")]
            #[non_exhaustive]
            pub struct $name {
                /// Id.
                pub id: $id,
                /// Name.
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub name: Option<String>,
                $(
                    $(#[$field_doc])*
                    #[serde(default, skip_serializing_if = "Option::is_none")]
                    pub $field: Option<$kind>,
                )+
                /// Everything else, as sent.
                #[serde(flatten)]
                pub other: BTreeMap<String, Value>,
            }
        )+
    };
}

entries! {
    /// A country. Only `id` is certain.
    Country(CountryId) {
        /// Code, such as `nl`. The United Kingdom is `uk` here.
        code: String,
        /// Its flag.
        resource: Resource,
    }
    /// A platform. Only `id` is certain.
    Platform(PlatformId) {
        /// Text key, such as `web`.
        reference: String,
    }
    /// A category of sources. Only `id` is certain.
    Category(CategoryId) {
        /// Text key, such as `entertainment`.
        reference: String,
        /// Id of the kind of category.
        category_type_id: i64,
        /// Its icon.
        resource: Resource,
        /// Texts to show, in answers that nest them.
        json: CategoryTexts,
    }
    /// A kind of source. Only `id` is certain.
    SourceKind(SourceTypeId) {
        /// Text key: `pull` or `push`.
        reference: String,
    }
}

/// Texts to show with a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CategoryTexts {
    /// Such as "Add your social accounts...".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Below the title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_title: Option<String>,
    /// Title once opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expanded_title: Option<String>,
    /// Below that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expanded_sub_title: Option<String>,
}

impl Client {
    /// Lists countries (protocol reference, http-api §6.2).
    ///
    /// # Errors
    ///
    /// As [`Client::query_sources`].
    ///
    /// ```no_run
    /// # async fn list(client: digime::Client, contract: digime::Contract) -> Result<(), digime::Error> {
    /// for country in client.query_countries(&contract, &digime::discovery::ListQuery::new()).await? {
    ///     println!("{} {:?}", country.id, country.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn query_countries(&self, contract: &Contract, query: &ListQuery) -> Result<Vec<Country>> {
        self.list(contract, Operation::QueryCountries, "countries", "discovery/countries", query).await
    }

    /// Lists platforms (protocol reference, http-api §6.3).
    ///
    /// # Errors
    ///
    /// As [`Client::query_sources`].
    pub async fn query_platforms(&self, contract: &Contract, query: &ListQuery) -> Result<Vec<Platform>> {
        self.list(contract, Operation::QueryPlatforms, "platforms", "discovery/platforms", query).await
    }

    /// Lists categories (protocol reference, http-api §6.4).
    ///
    /// # Errors
    ///
    /// As [`Client::query_sources`].
    pub async fn query_categories(&self, contract: &Contract, query: &ListQuery) -> Result<Vec<Category>> {
        self.list(contract, Operation::QueryCategories, "categories", "discovery/categories", query).await
    }

    /// Lists the kinds of sources (protocol reference, http-api §6.5).
    ///
    /// # Errors
    ///
    /// As [`Client::query_sources`].
    pub async fn query_source_types(
        &self,
        contract: &Contract,
        query: &ListQuery,
    ) -> Result<Vec<SourceKind>> {
        self.list(contract, Operation::QuerySourceTypes, "sourceTypes", "discovery/sourceTypes", query).await
    }

    async fn list<T: DeserializeOwned>(
        &self,
        contract: &Contract,
        operation: Operation,
        path: &str,
        template: &'static str,
        query: &ListQuery,
    ) -> Result<Vec<T>> {
        let url = self.api(&["discovery", path])?;
        let request = query.request(Request::new(operation, Method::POST, url, template).only_asks())?;
        let listed: Listed<T> = self.json(contract, &request).await?;
        Ok(listed.data)
    }
}

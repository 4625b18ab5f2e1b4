//! Countries, platforms, categories and source types as discovery writes them (protocol
//! reference, objects §5.3 and §5.4).

use digime_fixtures::catalogue::{Country, Platform, ServiceGroup, SourceType};
use schemars::JsonSchema;
use serde::Serialize;

use super::include::Projected;
use crate::api::icon_url::{self, IconKind};
use crate::domain::catalogue_query::CatalogueQuery;
use crate::http::call::Call;
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;

/// `{"data": […]}`
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}Table")]
struct TableJson<T> {
    data: Vec<T>,
}

/// What goes over the wire for a table.
pub(super) fn exchange<T: JsonSchema>(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<TableJson<T>>();
    Exchange::new(Auth::Contract, Answer::json("The rows that were asked for.", answer))
        .body(Content::json(schemas.request::<CatalogueQuery>()))
}

/// The rows that the request asks for, with the fields that it asks for.
pub(super) async fn answer<T: Serialize>(
    call: &mut Call,
    rows: impl Iterator<Item = (u32, T)> + Send,
) -> Outcome {
    call.verify().await?;
    let query: CatalogueQuery = call.json()?;
    let wanted = rows.filter(|(id, _)| query.asks_for(*id)).map(|(_, row)| row);
    reply_json(&TableJson { data: Projected::all(query.include(), wanted)? })
}

/// What an icon is for clients that scale it themselves.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Icon", transform = all_optional)]
pub(crate) struct IconJson {
    /// Absolute, at this server.
    url: String,
    mimetype: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resize: Option<&'static str>,
    /// 0: image.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<u8>,
}

impl IconJson {
    pub(crate) fn svg(origin: &str, kind: IconKind, name: &str) -> Self {
        let url = icon_url::svg_url(origin, kind, name);
        Self { url, mimetype: "image/svg+xml", resize: None, r#type: None }
    }

    fn resizable(origin: &str, kind: IconKind, name: &str) -> Self {
        Self { resize: Some("fit"), r#type: Some(0), ..Self::svg(origin, kind, name) }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Country", transform = all_optional)]
pub(crate) struct CountryJson<'a> {
    id: u32,
    code: &'a str,
    name: &'a str,
    /// JSON as text, which is how iOS reads it.
    json: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<IconJson>,
}

impl<'a> CountryJson<'a> {
    /// As a part of a source.
    pub(crate) fn new(country: &'a Country) -> Self {
        Self { id: country.id, code: &country.code, name: &country.name, json: "{}", resource: None }
    }

    pub(crate) fn with_icon(country: &'a Country, origin: &str) -> Self {
        let resource = IconJson::resizable(origin, IconKind::Countries, &country.code);
        Self { resource: Some(resource), ..Self::new(country) }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Platform", transform = all_optional)]
pub(crate) struct PlatformJson<'a> {
    id: u32,
    name: &'a str,
    reference: &'a str,
}

impl<'a> PlatformJson<'a> {
    pub(crate) fn new(platform: &'a Platform) -> Self {
        Self { id: platform.id, name: &platform.name, reference: &platform.reference }
    }
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Category", transform = all_optional)]
pub(crate) struct CategoryJson<'a> {
    id: u32,
    category_type_id: u32,
    name: &'a str,
    reference: &'a str,
    json: CategoryTexts<'a>,
    #[serde(flatten)]
    texts: Option<CategoryTexts<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<IconJson>,
}

#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CategoryTexts", transform = all_optional)]
pub(crate) struct CategoryTexts<'a> {
    title: &'a str,
    sub_title: &'a str,
    expanded_title: &'a str,
    expanded_sub_title: &'a str,
}

/// The platform knows categories of one type.
pub(crate) const CATEGORY_TYPE: u32 = 1;

impl<'a> CategoryJson<'a> {
    /// As a part of a source.
    pub(crate) fn new(group: &'a ServiceGroup) -> Self {
        Self {
            id: group.id,
            category_type_id: CATEGORY_TYPE,
            name: &group.name,
            reference: &group.reference,
            json: CategoryTexts::of(group),
            texts: None,
            resource: None,
        }
    }

    pub(crate) fn with_icon(group: &'a ServiceGroup, origin: &str) -> Self {
        let resource = IconJson::resizable(origin, IconKind::Categories, &group.reference);
        Self { texts: Some(CategoryTexts::of(group)), resource: Some(resource), ..Self::new(group) }
    }
}

impl<'a> CategoryTexts<'a> {
    pub(crate) fn of(group: &'a ServiceGroup) -> Self {
        Self {
            title: &group.title,
            sub_title: &group.sub_title,
            expanded_title: &group.expanded_title,
            expanded_sub_title: &group.expanded_sub_title,
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SourceType", transform = all_optional)]
pub(crate) struct SourceTypeJson {
    id: u32,
    name: &'static str,
    reference: &'static str,
}

impl SourceTypeJson {
    pub(crate) fn new(kind: SourceType) -> Self {
        Self { id: kind.id(), name: kind.name(), reference: kind.reference() }
    }
}

/// A projection may leave out every field but the id.
pub(crate) fn all_optional(schema: &mut schemars::Schema) {
    let has_id = schema.pointer("/properties/id").is_some();
    schema.remove("required");
    if has_id {
        schema.insert("required".to_owned(), serde_json::json!(["id"]));
    }
}

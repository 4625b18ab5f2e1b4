//! `POST discovery/…`: sources and the tables that describe them (protocol reference, http-api §6
//! and objects §5).

mod include;
pub(crate) mod services;
pub(crate) mod source;
pub(crate) mod tables;

use digime_fixtures::catalogue::{self, SourceType};
use schemars::JsonSchema;
use serde::Serialize;

use super::reply_json;
use crate::journal::check::Check;
use crate::domain::catalogue_query::CatalogueQuery;
use crate::domain::source_query::SourceQuery;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use include::Projected;
use source::SourceJson;
use tables::{CategoryJson, CountryJson, PlatformJson, SourceTypeJson};

/// `{"data": […], "limit", "offset", "total"}`, all required by clients.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SourcePage")]
pub(crate) struct SourcePageJson<T> {
    data: Vec<T>,
    limit: u64,
    offset: u64,
    /// Sources on all pages.
    total: usize,
}

/// `{"data": […]}`
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}Table")]
pub(crate) struct TableJson<T> {
    data: Vec<T>,
}

pub(crate) fn sources(call: &mut Call) -> Outcome {
    call.verify()?;
    let query: SourceQuery = call.json()?;
    let page = call.verdict.check(Check::Paging, query.page(catalogue::sources()))?;
    let ignored = query.ignored();
    if !ignored.is_empty() {
        call.verdict.passed(Check::QueryFields, format!("not documented, and ignored: {}", ignored.join(", ")));
    }
    let origin = call.origin();
    reply_json(&SourcePageJson {
        data: Projected::all(query.include(), page.sources.iter().map(|it| SourceJson::new(it, &origin)))?,
        limit: page.limit,
        offset: page.offset,
        total: page.total,
    })
}

pub(crate) fn countries(call: &mut Call) -> Outcome {
    let origin = call.origin();
    table(call, catalogue::countries().iter().map(|it| (it.id, CountryJson::with_icon(it, &origin))))
}

pub(crate) fn platforms(call: &mut Call) -> Outcome {
    table(call, catalogue::platforms().iter().map(|it| (it.id, PlatformJson::new(it))))
}

pub(crate) fn categories(call: &mut Call) -> Outcome {
    let origin = call.origin();
    table(call, catalogue::service_groups().iter().map(|it| (it.id, CategoryJson::with_icon(it, &origin))))
}

pub(crate) fn source_types(call: &mut Call) -> Outcome {
    table(call, SourceType::ALL.into_iter().map(|it| (it.id(), SourceTypeJson::new(it))))
}

/// The rows that the request asks for, with the fields that it asks for.
fn table<T: Serialize>(call: &mut Call, rows: impl Iterator<Item = (u32, T)>) -> Outcome {
    call.verify()?;
    let query: CatalogueQuery = call.json()?;
    let wanted = rows.filter(|(id, _)| query.asks_for(*id)).map(|(_, row)| row);
    reply_json(&TableJson { data: Projected::all(query.include(), wanted)? })
}

//! Discovery, sample datasets and icons.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::exchange::{Answer, Auth, Content, Exchange};
use super::schemas::Schemas;
use crate::api::discovery::services::Services;
use crate::api::discovery::source::SourceJson;
use crate::api::discovery::tables::{CategoryJson, CountryJson, PlatformJson, SourceTypeJson};
use crate::api::discovery::{SourcePageJson, TableJson};
use crate::api::sample_datasets::SampleDataset;
use crate::domain::catalogue_query::CatalogueQuery;
use crate::domain::source_query::SourceQuery;

pub(super) fn sources(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<SourcePageJson<SourceJson<'static>>>();
    Exchange::new(Auth::Contract, Answer::json("A page of sources.", answer))
        .body(Content::json(schemas.request::<SourceQuery>()))
}

fn table<T: JsonSchema>(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<TableJson<T>>();
    Exchange::new(Auth::Contract, Answer::json("The rows that were asked for.", answer))
        .body(Content::json(schemas.request::<CatalogueQuery>()))
}

pub(super) fn countries(schemas: &mut Schemas) -> Exchange {
    table::<CountryJson<'static>>(schemas)
}

pub(super) fn platforms(schemas: &mut Schemas) -> Exchange {
    table::<PlatformJson<'static>>(schemas)
}

pub(super) fn categories(schemas: &mut Schemas) -> Exchange {
    table::<CategoryJson<'static>>(schemas)
}

pub(super) fn source_types(schemas: &mut Schemas) -> Exchange {
    table::<SourceTypeJson>(schemas)
}

pub(super) fn services(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<Services<'static>>();
    Exchange::new(Auth::Open, Answer::json("Services as older clients know them.", answer))
        .request_header("contractId", "Narrows to what this contract can use.")
        .query("includeSampleDataOnlySources", "true: also those that offer sample data alone.")
}

pub(super) fn sample_datasets(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<BTreeMap<String, SampleDataset>>();
    Exchange::new(Auth::Contract, Answer::json("Dataset id → dataset.", answer))
}

pub(super) fn asset() -> Exchange {
    let content = Content::opaque(&["image/svg+xml", "image/png"]);
    Exchange::new(Auth::Open, Answer::new(200, "The icon.", content))
}

//! `GET permission-access/sample/datasets/{sourceId}` (protocol reference, http-api §6.7).

use std::collections::BTreeMap;

use digime_fixtures::catalogue;
use schemars::JsonSchema;
use serde::Serialize;

use super::reply_json;
use crate::journal::check::Check;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::reply::Outcome;

/// A dataset; its id is the key that it stands under.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SampleDataset {
    /// Equal to the id, as everywhere on the platform (protocol reference, objects §9).
    name: String,
    description: String,
}

pub(crate) fn sample_datasets(call: &mut Call) -> Outcome {
    call.verify()?;
    let text = call.param("sourceId").to_owned();
    let id = text.parse::<u32>().map_err(|_| {
        Refusal::validation(format!(
            "the source id is \"{text}\", expected a number as discovery/sources has it"
        ))
    });
    let id = call.verdict.check(Check::SourceId, id)?;
    let source = catalogue::source(id).ok_or_else(|| {
        let detail = "POST discovery/sources lists the sources; a service id is something else";
        Refusal::new(404, RefusalCode::SourceNotFound, format!("There is no source {id}"), detail)
    });
    let source = call.verdict.check(Check::Source, source)?;
    let choices = call.sandbox.datasets.choices(source);
    let datasets: BTreeMap<_, _> = choices
        .into_iter()
        .map(|choice| (choice.id.clone(), SampleDataset { name: choice.id, description: choice.description }))
        .collect();
    reply_json(&datasets)
}

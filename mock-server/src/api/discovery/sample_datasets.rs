//! `GET permission-access/sample/datasets/{sourceId}` (protocol reference, http-api §6.7).

use std::collections::BTreeMap;

use digime_fixtures::catalogue;
use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{SIGNED, SOURCE, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET permission-access/sample/datasets/{sourceId}`
    pub const SAMPLE_DATASETS: Self = Self::named("sampleDatasets");
}

pub(in crate::api) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::SAMPLE_DATASETS,
        method: Method::GET,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/permission-access/sample/datasets/{sourceId}",
        summary: "`GET permission-access/sample/datasets/{sourceId}`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, SOURCE],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(sample_datasets(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<BTreeMap<String, SampleDataset>>();
    Exchange::new(Auth::Contract, Answer::json("Dataset id → dataset.", answer))
}

/// A dataset; its id is the key that it stands under.
#[derive(Serialize, JsonSchema)]
struct SampleDataset {
    /// Equal to the id, as everywhere on the platform (protocol reference, objects §9).
    name: String,
    description: String,
}

async fn sample_datasets(call: &mut Call) -> Outcome {
    call.verify().await?;
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

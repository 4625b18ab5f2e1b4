//! `POST discovery/sources` (protocol reference, http-api §6.1 and objects §5).

use digime_fixtures::catalogue;
use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::include::Projected;
use super::source::SourceJson;
use crate::domain::source_query::SourceQuery;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{SIGNED, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `POST discovery/sources`
    pub const QUERY_SOURCES: Self = Self::named("querySources");
}

pub(in crate::api) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::QUERY_SOURCES,
        method: Method::POST,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/discovery/sources",
        summary: "`POST discovery/sources`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(sources(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<SourcePageJson<SourceJson<'static>>>();
    Exchange::new(Auth::Contract, Answer::json("A page of sources.", answer))
        .body(Content::json(schemas.request::<SourceQuery>()))
}

/// `{"data": […], "limit", "offset", "total"}`, all required by clients.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SourcePage")]
struct SourcePageJson<T> {
    data: Vec<T>,
    limit: u64,
    offset: u64,
    /// Sources on all pages.
    total: usize,
}

async fn sources(call: &mut Call) -> Outcome {
    call.verify().await?;
    let query: SourceQuery = call.json()?;
    let page = call.verdict.check(Check::Paging, query.page(catalogue::sources()))?;
    let ignored = query.ignored();
    if !ignored.is_empty() {
        call.verdict
            .passed(Check::QueryFields, format!("not documented, and ignored: {}", ignored.join(", ")));
    }
    let origin = call.reached().to_string();
    reply_json(&SourcePageJson {
        data: Projected::all(query.include(), page.sources.iter().map(|it| SourceJson::new(it, &origin)))?,
        limit: page.limit,
        offset: page.offset,
        total: page.total,
    })
}

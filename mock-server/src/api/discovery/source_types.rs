//! `POST discovery/sourceTypes` (protocol reference, http-api §6 and objects §5).

use digime_fixtures::catalogue::SourceType;
use http::Method;

use super::tables;
use super::tables::SourceTypeJson;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::Outcome;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{SIGNED, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `POST discovery/sourceTypes`
    pub const QUERY_SOURCE_TYPES: Self = Self::named("querySourceTypes");
}

pub(in crate::api) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::QUERY_SOURCE_TYPES,
        method: Method::POST,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/discovery/sourceTypes",
        summary: "`POST discovery/sourceTypes`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED],
    },
    sandbox: BY_JWT,
    exchange: tables::exchange::<SourceTypeJson>,
    handler: |call| Box::pin(source_types(call)),
};

async fn source_types(call: &mut Call) -> Outcome {
    tables::answer(call, SourceType::ALL.into_iter().map(|it| (it.id(), SourceTypeJson::new(it)))).await
}

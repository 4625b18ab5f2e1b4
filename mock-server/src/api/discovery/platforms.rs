//! `POST discovery/platforms` (protocol reference, http-api §6 and objects §5).

use digime_fixtures::catalogue;
use http::Method;

use super::tables;
use super::tables::PlatformJson;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::Outcome;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{SIGNED, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `POST discovery/platforms`
    pub const QUERY_PLATFORMS: Self = Self::named("queryPlatforms");
}

pub(in crate::api) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::QUERY_PLATFORMS,
        method: Method::POST,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/discovery/platforms",
        summary: "`POST discovery/platforms`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED],
    },
    sandbox: BY_JWT,
    exchange: tables::exchange::<PlatformJson<'static>>,
    handler: |call| Box::pin(platforms(call)),
};

async fn platforms(call: &mut Call) -> Outcome {
    tables::answer(call, catalogue::platforms().iter().map(|it| (it.id, PlatformJson::new(it)))).await
}

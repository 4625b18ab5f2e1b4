//! `POST discovery/categories` (protocol reference, http-api §6 and objects §5).

use digime_fixtures::catalogue;
use http::Method;

use super::tables;
use super::tables::CategoryJson;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::Outcome;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{SIGNED, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `POST discovery/categories`
    pub const QUERY_CATEGORIES: Self = Self::named("queryCategories");
}

pub(in crate::api) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::QUERY_CATEGORIES,
        method: Method::POST,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/discovery/categories",
        summary: "`POST discovery/categories`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED],
    },
    sandbox: BY_JWT,
    exchange: tables::exchange::<CategoryJson<'static>>,
    handler: |call| Box::pin(categories(call)),
};

async fn categories(call: &mut Call) -> Outcome {
    let origin = call.reached().to_string();
    tables::answer(
        call,
        catalogue::service_groups().iter().map(|it| (it.id, CategoryJson::with_icon(it, &origin))),
    )
    .await
}

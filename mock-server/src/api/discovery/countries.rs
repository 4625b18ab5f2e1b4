//! `POST discovery/countries` (protocol reference, http-api §6 and objects §5).

use digime_fixtures::catalogue;
use http::Method;

use super::tables;
use super::tables::CountryJson;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::Outcome;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{SIGNED, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `POST discovery/countries`
    pub const QUERY_COUNTRIES: Self = Self::named("queryCountries");
}

pub(in crate::api) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::QUERY_COUNTRIES,
        method: Method::POST,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/discovery/countries",
        summary: "`POST discovery/countries`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED],
    },
    sandbox: BY_JWT,
    exchange: tables::exchange::<CountryJson<'static>>,
    handler: |call| Box::pin(countries(call)),
};

async fn countries(call: &mut Call) -> Outcome {
    let origin = call.reached().to_string();
    tables::answer(call, catalogue::countries().iter().map(|it| (it.id, CountryJson::with_icon(it, &origin))))
        .await
}

//! `GET storage` (protocol reference, http-api §8.2).

use http::Method;

use super::create::StorageJson;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{NO_STORAGE, SIGNED, TOO_LARGE, UNREADABLE, USER};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET storage`
    pub const USER_STORAGE: Self = Self::named("getUserStorage");
}

pub(in crate::api) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::USER_STORAGE,
        method: Method::GET,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/storage",
        summary: "`GET storage`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, USER, NO_STORAGE],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(of_user(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::User, Answer::json("The user's storage.", schemas.answer::<StorageJson>()))
}

async fn of_user(call: &mut Call) -> Outcome {
    let (_, user) = call.verify_user().await?;
    let storage = call.sandbox.store.user_storage(&user).await;
    reply_json(&StorageJson::from(call.verdict.check(Check::Storage, storage)?))
}

//! `POST storage` (protocol reference, http-api §8.1).

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::storage::StorageRef;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{SIGNED, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::verify::request::Verified;

impl Operation {
    /// `POST storage`
    pub const CREATE_STORAGE: Self = Self::named("createProvisionalStorage");
}

pub(in crate::api) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::CREATE_STORAGE,
        method: Method::POST,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/storage",
        summary: "`POST storage`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(create(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Contract, Answer::json("A new storage.", schemas.answer::<StorageJson>()))
}

/// A storage.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Storage")]
pub(super) struct StorageJson {
    id: String,
    /// Key id of the cloud JWTs.
    kid: String,
}

impl From<StorageRef> for StorageJson {
    fn from(StorageRef { id, kid }: StorageRef) -> Self {
        Self { id, kid }
    }
}

async fn create(call: &mut Call) -> Outcome {
    let Verified { contract, .. } = call.verify().await?;
    let storage = call.sandbox.store.create_storage(&contract).await?;
    reply_json(&StorageJson::from(storage))
}

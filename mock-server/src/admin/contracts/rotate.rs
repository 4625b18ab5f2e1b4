//! `POST /__admin/applications/{applicationId}/contracts/{contractId}/rotate`.

use http::Method;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{ContractJson, PublicKey, keys};
use crate::admin::access::SANDBOX;
use crate::durations;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::applications::contract_mut;

impl Operation {
    /// `POST /__admin/applications/{applicationId}/contracts/{contractId}/rotate`
    pub const ADMIN_ROTATE_KEY: Self = Self::named("adminRotateKey");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_ROTATE_KEY,
        method: Method::POST,
        area: Area::Admin,
        template: "/applications/{applicationId}/contracts/{contractId}/rotate",
        summary: "`POST /__admin/applications/{applicationId}/contracts/{contractId}/rotate`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(rotate(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(
        Auth::Admin,
        Answer::json(
            "The contract with its new key. A private key that was made is shown this once.",
            schemas.answer::<ContractJson>(),
        ),
    )
    .query(SANDBOX.0, SANDBOX.1)
    .body(Content::json(schemas.request::<Rotation>()))
}

/// How long the former key is good besides the new one, unless the request says.
const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);

/// A contract's change to another key.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Rotation {
    /// A pair is made if it is absent.
    public_key: Option<PublicKey>,
    /// How long the former key is good besides, on the sandbox's clock, such as `1h`; a day if absent.
    #[serde(with = "durations::as_text")]
    #[schemars(with = "String")]
    overlap: Duration,
}

impl Default for Rotation {
    fn default() -> Self {
        Self { public_key: None, overlap: OVERLAP }
    }
}

async fn rotate(call: &mut Call) -> Outcome {
    let body: Rotation = call.json()?;
    let (application, contract) = (call.param("applicationId"), call.param("contractId"));
    let (new, private_key) = keys(body.public_key, "publicKey").await?;
    let until = call.now().plus(body.overlap);
    let rotated = call.sandbox.change_applications(|all| {
        let contract = contract_mut(all, application, contract)?;
        let former = std::mem::replace(&mut contract.keys, new.clone());
        contract.former = Some((former, until));
        Ok(contract.clone())
    });
    reply_json(&ContractJson { private_key, ..ContractJson::of(&call.sandbox, &rotated.await?) })
}

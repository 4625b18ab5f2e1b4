//! `POST /__admin/signing-keys/rotate`.

use std::time::Duration;

use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::refusal::Refusal;
use crate::durations;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::registry::RotationError;

impl Operation {
    /// `POST /__admin/signing-keys/rotate`
    pub const ADMIN_ROTATE_SIGNING_KEY: Self = Self::named("adminRotateSigningKey");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_ROTATE_SIGNING_KEY,
        method: Method::POST,
        area: Area::Admin,
        template: "/signing-keys/rotate",
        summary: "`POST /__admin/signing-keys/rotate`",
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
    let said = "The key that is published from now on, and when it begins to sign.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<NewSigningKey>()))
        .body(Content::json(schemas.request::<Rotation>()))
}

/// iOS keeps the key set that long (protocol reference, crypto §3.4).
const PUBLISHED_BEFORE: Duration = Duration::from_secs(15 * 60);

/// A change to another signing key.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Rotation {
    /// How long the key is published before it signs, such as `1h`; 15 minutes if absent.
    #[serde(with = "durations::as_text")]
    #[schemars(with = "String")]
    signs_in: Duration,
}

impl Default for Rotation {
    fn default() -> Self {
        Self { signs_in: PUBLISHED_BEFORE }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SigningKey")]
struct NewSigningKey {
    kid: String,
    /// When it begins to sign, in milliseconds since 1970, in real time.
    signs: i64,
}

async fn rotate(call: &mut Call) -> Outcome {
    let Rotation { signs_in } = call.json()?;
    let rotated = call.server.sandboxes.registry.rotate_signing_key(signs_in).await;
    let (kid, signs) = rotated.map_err(|error| match error {
        RotationError::Waiting => Refusal::validation(error.to_string()),
        RotationError::NotMade(_) => Refusal::defect("No key could be made", &error),
        RotationError::Unavailable(unavailable) => unavailable.into(),
    })?;
    reply_json(&NewSigningKey { kid, signs: signs.millis() })
}

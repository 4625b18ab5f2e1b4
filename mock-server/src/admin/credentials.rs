//! `GET /__admin/credentials`.

use http::Method;

use super::access::SANDBOX;
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::payload::key_format::KeyFormatError;
use crate::sandbox::credentials::Credentials;

impl Operation {
    /// `GET /__admin/credentials`
    pub const ADMIN_CREDENTIALS: Self = Self::named("adminCredentials");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_CREDENTIALS,
        method: Method::GET,
        area: Area::Admin,
        template: "/credentials",
        summary: "`GET /__admin/credentials`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(credentials(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    Exchange::new(
        Auth::Admin,
        Answer::json("What a client needs to use the sandbox.", schemas.answer::<Credentials>()),
    )
    .query(SANDBOX.0, SANDBOX.1)
    .query(KEY_FORMAT, "A further form of the private keys: pem, pkcs8, der-hex or p12.")
}

/// The parameter that asks for a further form of the private keys: P12 files are large, and slow to make.
const KEY_FORMAT: &str = "keyFormat";

async fn credentials(call: &mut Call) -> Outcome {
    let format = call.query_value(KEY_FORMAT).map(|format| format.parse());
    let format =
        format.transpose().map_err(|error: KeyFormatError| Refusal::validation(error.to_string()))?;
    let credentials = Credentials::of(&call.sandbox, &call.reached());
    reply_json(&match format {
        Some(format) => credentials
            .with_keys(format)
            .map_err(|error| Refusal::defect("The keys could not be written", &error))?,
        None => credentials,
    })
}

//! `GET permission-access/query/{sessionKey}/{fileName}` (protocol reference, http-api §4.3).

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use super::flow::not_stored;
use super::session_file::{documented, find, with_metadata};
use crate::domain::refusal::Refusal;
use crate::generations::FileForm;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, SandboxBy};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{FILE, KIND, SESSION, SIGNED, TOO_LARGE, UNREADABLE, USER};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::payload::container::ContainerError;
use crate::payload::envelope::Envelope;

impl Operation {
    /// `GET permission-access/query/{sessionKey}/{fileName}`
    pub const READ_FILE: Self = Self::named("readFile");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::READ_FILE,
        method: Method::GET,
        area: Area::Api(Generations::ALL),
        template: "/permission-access/query/{sessionKey}/{fileName}",
        summary: "`GET permission-access/query/{sessionKey}/{fileName}`",
        deprecated: false,
        answer: AnswerKind::Bytes,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, USER, KIND, SESSION, FILE],
    },
    sandbox: &[SandboxBy::Jwt, SandboxBy::Path("sessionKey")],
    exchange,
    handler: |call| Box::pin(file(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let content = Content::opaque(&["application/octet-stream"]);
    let container = documented(Answer::new(200, "The encrypted file container.", content));
    let envelope = Answer::json("The encrypted file container, in JSON.", schemas.answer::<EnvelopeJson>());
    Exchange::new(Auth::User, container.clone())
        .older(Generations::Until(Generation::V1_4), Exchange::new(Auth::Open, envelope))
        .older(Generations::Until(Generation::V1_6), Exchange::new(Auth::Open, container))
}

/// What [`Envelope`] writes.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "FileEnvelope")]
#[allow(dead_code, reason = "describes what is written piece by piece to the OpenAPI document")]
struct EnvelopeJson {
    /// Base64 of the container.
    file_content: String,
    file_metadata: serde_json::Map<String, serde_json::Value>,
    /// `gzip` or `brotli`; absent when nothing is compressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    compression: Option<String>,
}

/// The answer to `HEAD` is this one too, without its body, so that its length is the same.
pub(super) async fn file(call: &mut Call) -> Outcome {
    let (contract, file) = find(call).await?;
    let key = contract.keys.encryption();
    let (containers, dialect) = (&call.server.containers, call.dialect());
    let container = match file.shared {
        true => containers.kept(&file.content, file.compression, dialect.container, key).await,
        false => containers.fresh(&file.content, file.compression, dialect.container, key).await,
    };
    let container = container.map_err(|error| match error {
        ContainerError::Content(error) => not_stored(error),
        error => Refusal::defect("The file could not be encrypted", &error),
    })?;
    let lifeline = file.lifeline.clone();
    match dialect.file {
        FileForm::Binary => {
            let reply = Reply::new(StatusCode::OK, ReplyBody::Container(container, lifeline));
            Ok(with_metadata(reply, &file))
        }
        FileForm::Envelope => {
            let envelope = Envelope::new(container, &file.metadata, file.compression);
            Ok(Reply::new(StatusCode::OK, ReplyBody::Envelope(Box::new(envelope), lifeline)))
        }
    }
}

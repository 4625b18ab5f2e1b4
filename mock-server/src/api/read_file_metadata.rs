//! `HEAD permission-access/query/{sessionKey}/{fileName}` (protocol reference, http-api §4.4).

use http::Method;

use super::read_file::file;
use super::session_file::documented;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, SandboxBy};
use crate::http::reply::Outcome;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{FILE, KIND, SESSION, SIGNED, TOO_LARGE, UNREADABLE, USER};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `HEAD permission-access/query/{sessionKey}/{fileName}`
    pub const READ_FILE_METADATA: Self = Self::named("readFileMetadata");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::READ_FILE_METADATA,
        method: Method::HEAD,
        area: Area::Api(Generations::ALL),
        template: "/permission-access/query/{sessionKey}/{fileName}",
        summary: "`HEAD permission-access/query/{sessionKey}/{fileName}`",
        deprecated: false,
        answer: AnswerKind::Nothing,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, USER, KIND, SESSION, FILE],
    },
    sandbox: &[SandboxBy::Jwt, SandboxBy::Path("sessionKey")],
    exchange,
    handler: |call| Box::pin(metadata(call)),
};

fn exchange(_: &mut Schemas) -> Exchange {
    let binary =
        documented(Answer::new(200, "The metadata alone.", Content::opaque(&["application/octet-stream"])));
    let envelope = Answer::new(200, "Whether the file is there.", Content::opaque(&["application/json"]));
    Exchange::new(Auth::User, binary.clone())
        .older(Generations::Until(Generation::V1_4), Exchange::new(Auth::Open, envelope))
        .older(Generations::Until(Generation::V1_6), Exchange::new(Auth::Open, binary))
}

/// What a download would answer, of which the connection sends the head alone: its length is the same.
async fn metadata(call: &mut Call) -> Outcome {
    file(call).await
}

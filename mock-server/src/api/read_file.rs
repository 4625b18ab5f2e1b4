//! `GET permission-access/query/{sessionKey}/{fileName}` (protocol reference, http-api §4.3).

use http::{Method, StatusCode};

use super::session_file::{documented, find, with_metadata};
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, SandboxBy};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{FILE, KIND, SESSION, SIGNED, TOO_LARGE, UNREADABLE, USER};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET permission-access/query/{sessionKey}/{fileName}`
    pub const READ_FILE: Self = Self::named("readFile");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::READ_FILE,
        method: Method::GET,
        area: Area::Api(Generations::Since(Generation::V1_7)),
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

fn exchange(_: &mut Schemas) -> Exchange {
    let content = Content::opaque(&["application/octet-stream"]);
    Exchange::new(Auth::User, documented(Answer::new(200, "The encrypted file container.", content)))
}

async fn file(call: &mut Call) -> Outcome {
    let (contract, file) = find(call).await?;
    let key = contract.keys.encryption();
    let (containers, form) = (&call.server.containers, call.dialect().container);
    let container = match file.shared {
        true => containers.kept(&file.content, file.compression, form, key).await,
        false => containers.fresh(&file.content, file.compression, form, key).await,
    };
    let container = container.map_err(|error| Refusal::defect("The file could not be encrypted", &error))?;
    let body = ReplyBody::Container(container, file.lifeline.clone());
    Ok(with_metadata(Reply::new(StatusCode::OK, body), &file))
}

//! `GET permission-access/query/{sessionKey}/{fileName}` (protocol reference, http-api §4.3).

use http::{Method, StatusCode};

use super::session_file::{documented, find, with_metadata};
use crate::domain::refusal::Refusal;
use crate::generations::FileForm;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, SandboxBy};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::Generations;
use crate::operations::refusals::{FILE, KIND, SESSION, SIGNED, TOO_LARGE, UNREADABLE, USER};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
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

fn exchange(_: &mut Schemas) -> Exchange {
    let content = Content::opaque(&["application/octet-stream"]);
    Exchange::new(Auth::User, documented(Answer::new(200, "The encrypted file container.", content)))
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
    let container = container.map_err(|error| Refusal::defect("The file could not be encrypted", &error))?;
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

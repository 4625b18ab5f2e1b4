//! The bytes of a file of a storage (protocol reference, http-api §8.4).

use http::{Method, StatusCode};

use super::access::{Allowed, allowed};
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, SandboxBy};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{CLOUD, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET clouds/{storageId}/files/apps/{applicationId}/{*path}`
    pub const DOWNLOAD_STORAGE_FILE: Self = Self::named("downloadStorageFile");
}

pub(in crate::api) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::DOWNLOAD_STORAGE_FILE,
        method: Method::GET,
        area: Area::Cloud,
        template: "/clouds/{storageId}/files/apps/{applicationId}/{*path}",
        summary: "`GET clouds/{storageId}/files/apps/{applicationId}/{*path}`",
        deprecated: false,
        answer: AnswerKind::Bytes,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, CLOUD],
    },
    sandbox: &[SandboxBy::Jwt, SandboxBy::Path("storageId")],
    exchange,
    handler: |call| Box::pin(download(call)),
};

fn exchange(_: &mut Schemas) -> Exchange {
    let content = Content::opaque(&["application/octet-stream"]);
    Exchange::new(Auth::Cloud, Answer::new(200, "The bytes of the file, as they were uploaded.", content))
}

async fn download(call: &mut Call) -> Outcome {
    let Allowed { contract, path } = allowed(call).await?;
    let path = call.verdict.check(Check::FileName, path.file())?;
    let found = call.sandbox.store.storage_file(&contract, call.param("storageId"), &path).await;
    let file = call.verdict.check(Check::Storage, found)?;
    let content = call.verdict.check(Check::File, file)?;
    Ok(Reply::new(StatusCode::OK, ReplyBody::Stored(content)))
}

//! Deletes a file or folder of a storage (protocol reference, http-api §8.4).

use http::{Method, StatusCode};

use super::access::{Allowed, allowed};
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, SandboxBy};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{CLOUD, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `DELETE clouds/{storageId}/files/apps/{applicationId}/{*path}`
    pub const DELETE_STORAGE_FILES: Self = Self::named("deleteStorageFiles");
}

pub(in crate::api) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::DELETE_STORAGE_FILES,
        method: Method::DELETE,
        area: Area::Cloud,
        template: "/clouds/{storageId}/files/apps/{applicationId}/{*path}",
        summary: "`DELETE clouds/{storageId}/files/apps/{applicationId}/{*path}`",
        deprecated: false,
        answer: AnswerKind::Nothing,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, CLOUD],
    },
    sandbox: &[SandboxBy::Jwt, SandboxBy::Path("storageId")],
    exchange,
    handler: |call| Box::pin(delete(call)),
};

fn exchange(_: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Cloud, Answer::empty(204, "The file, or everything in the folder, is gone."))
}

async fn delete(call: &mut Call) -> Outcome {
    let Allowed { contract, path } = allowed(call).await?;
    let found = call.sandbox.store.delete_storage_files(&contract, call.param("storageId"), &path).await;
    let deleted = call.verdict.check(Check::Storage, found)?;
    call.verdict.check(Check::FileOrFolder, deleted)?;
    Ok(Reply::new(StatusCode::NO_CONTENT, ReplyBody::Empty))
}

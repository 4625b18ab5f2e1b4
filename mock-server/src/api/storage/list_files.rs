//! The files of a folder of a storage (protocol reference, http-api §8.4).

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::access::{Allowed, allowed};
use crate::domain::refusal::Refusal;
use crate::domain::storage::StoredFile;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, SandboxBy};
use crate::http::reply::{Outcome, reply_json};
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{CLOUD, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET clouds/{storageId}/files/apps/{applicationId}/{*path}/`
    pub const LIST_STORAGE_FILES: Self = Self::named("listStorageFiles");
}

pub(in crate::api) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::LIST_STORAGE_FILES,
        method: Method::GET,
        area: Area::CloudFolder,
        template: "/clouds/{storageId}/files/apps/{applicationId}/{*path}/",
        summary: "`GET clouds/{storageId}/files/apps/{applicationId}/{*path}/`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, CLOUD],
    },
    sandbox: &[SandboxBy::Jwt, SandboxBy::Path("storageId")],
    exchange,
    handler: |call| Box::pin(list(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = Answer::json("The files of the folder.", schemas.answer::<StorageFiles>());
    Exchange::new(Auth::Cloud, answer).query("recursive", "true: also the files of folders in it.")
}

/// The files of a folder.
#[derive(Serialize, JsonSchema)]
struct StorageFiles {
    files: Vec<StorageFile>,
    total: usize,
}

/// A file: its names as they were written and, as the platform looks them up, in lower case.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StorageFile {
    id: String,
    name: String,
    original_name: String,
    /// Begins with `/apps/{applicationId}/` and ends in a slash.
    original_path: String,
    path: String,
}

impl StorageFile {
    pub(super) fn of(file: &StoredFile) -> Self {
        Self {
            id: file.id.clone(),
            name: file.path.name().to_lowercase(),
            original_name: file.path.name().to_owned(),
            original_path: file.path.folder().to_string(),
            path: file.path.folder().key(),
        }
    }
}

async fn list(call: &mut Call) -> Outcome {
    let Allowed { contract, path } = allowed(call).await?;
    let recursive = match call.query_value("recursive") {
        None => Ok(false),
        Some(value) => value
            .parse()
            .map_err(|_| Refusal::validation(format!("recursive is \"{value}\", expected true or false"))),
    };
    let recursive = call.verdict.check(Check::Recursive, recursive)?;
    let (store, id, folder) = (&call.sandbox.store, call.param("storageId"), path.folder());
    let files = store.storage_files(&contract, id, &folder, recursive).await;
    let files = call.verdict.check(Check::Storage, files)?;
    let files: Vec<_> = files.iter().map(StorageFile::of).collect();
    reply_json(&StorageFiles { total: files.len(), files })
}

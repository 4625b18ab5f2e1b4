//! Storage files, on the cloud host (protocol reference, http-api §8.4).

use std::sync::Arc;

use http::StatusCode;
use http::header::CONTENT_LENGTH;
use schemars::JsonSchema;
use serde::Serialize;

use super::{not_stored, reply_json, unwritable};
use crate::journal::check::Check;
use crate::domain::contract::Contract;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::storage::StoredFile;
use crate::domain::storage_path::{FilePath, StoragePath};
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::{Reply, ReplyBody};
use crate::http::request_body;
use crate::operations::route::Operation;
use crate::payload::content::{Content, ContentWriter};
use crate::verify;

/// The files of a folder.
#[derive(Serialize, JsonSchema)]
pub(crate) struct StorageFiles {
    files: Vec<StorageFile>,
    total: usize,
}

/// A file: its names as they were written and, as the platform looks them up, in lower case.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StorageFile {
    id: String,
    name: String,
    original_name: String,
    /// Begins with `/apps/{applicationId}/` and ends in a slash.
    original_path: String,
    path: String,
}

impl StorageFile {
    fn of(file: &StoredFile) -> Self {
        Self {
            id: file.id.clone(),
            name: file.path.name().to_lowercase(),
            original_name: file.path.name().to_owned(),
            original_path: file.path.folder().to_string(),
            path: file.path.folder().key(),
        }
    }
}

/// A request for a path is one for a file, unless it says that it means the folder: by a slash at
/// the end, as the clients do, or by asking for what is below it.
pub(crate) fn meant(operation: Operation, call: &Call) -> Operation {
    let path = call.param("path");
    let folder =
        || path.is_empty() || path.ends_with('/') || call.query().iter().any(|(it, _)| it == "recursive");
    match operation {
        Operation::DownloadStorageFile if folder() => Operation::ListStorageFiles,
        other => other,
    }
}

pub(crate) fn list(call: &mut Call) -> Outcome {
    let Allowed { contract, path } = allowed(call)?;
    let recursive = match call.query().iter().find(|(name, _)| name == "recursive") {
        None => Ok(false),
        Some((_, value)) => value
            .parse()
            .map_err(|_| Refusal::validation(format!("recursive is \"{value}\", expected true or false"))),
    };
    let recursive = call.verdict.check(Check::Recursive, recursive)?;
    let state = call.sandbox.state();
    let storage = call.verdict.check(Check::Storage, state.storage(&contract, call.param("storageId")))?;
    let files: Vec<_> = storage.list(&path.folder(), recursive).into_iter().map(StorageFile::of).collect();
    reply_json(&StorageFiles { total: files.len(), files })
}

pub(crate) async fn upload(call: &mut Call) -> Outcome {
    let Allowed { contract, path } = allowed(call)?;
    let path = call.verdict.check(Check::FileName, path.file())?;
    let announced = call.headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
    let room = require_room(call, &contract, &path, announced.unwrap_or(0));
    call.verdict.check(Check::Room, room)?;
    let received = receive(call, &contract, &path).await;
    let content = call.verdict.check(Check::Content, received)?;
    call.verdict.passed(Check::Size, format!("{} bytes", content.len()));
    let (tag, limits) = (call.sandbox.tag().clone(), call.sandbox.storage_limits);
    let mut state = call.sandbox.state();
    let put = state
        .storage_mut(&contract, call.param("storageId"))
        .and_then(|storage| storage.put(path, content, || tag.mint(), &limits));
    let file = StorageFile::of(call.verdict.check(Check::Stored, put)?);
    let json = serde_json::to_value(file).map_err(unwritable)?;
    Ok(Reply::new(StatusCode::CREATED, ReplyBody::Json(json)))
}

pub(crate) fn download(call: &mut Call) -> Outcome {
    let Allowed { contract, path } = allowed(call)?;
    let path = call.verdict.check(Check::FileName, path.file())?;
    let state = call.sandbox.state();
    let storage = call.verdict.check(Check::Storage, state.storage(&contract, call.param("storageId")))?;
    let content = call.verdict.check(Check::File, storage.file(&path))?.content.clone();
    Ok(Reply::new(StatusCode::OK, ReplyBody::Stored(content)))
}

pub(crate) fn delete(call: &mut Call) -> Outcome {
    let Allowed { contract, path } = allowed(call)?;
    let mut state = call.sandbox.state();
    let storage = call.verdict.check(Check::Storage, state.storage_mut(&contract, call.param("storageId")))?;
    call.verdict.check(Check::FileOrFolder, storage.delete(&path))?;
    Ok(Reply::new(StatusCode::NO_CONTENT, ReplyBody::Empty))
}

/// What every storage request proves first: who asks, and for a path of whose.
struct Allowed {
    contract: Arc<Contract>,
    path: StoragePath,
}

fn allowed(call: &mut Call) -> Result<Allowed, Refusal> {
    let sandbox = Arc::clone(&call.sandbox);
    let contract = verify::cloud::request(&call.headers, &sandbox, &mut call.verdict)?;
    let named = call.param("applicationId");
    let own = (named == contract.application_id).then_some(()).ok_or_else(|| {
        let detail = format!("the path names \"{named}\", the JWT's sub \"{}\"", contract.application_id);
        Refusal::new(403, RefusalCode::Forbidden, "The path is not in the application's own folder", detail)
    });
    let path = StoragePath::parse(&contract.application_id, call.param("path"));
    call.verdict.check(Check::ApplicationFolder, own)?;
    let path = call.verdict.check(Check::Path, path)?;
    Ok(Allowed { contract, path })
}

fn require_room(call: &Call, contract: &Contract, path: &FilePath, size: u64) -> Result<(), Refusal> {
    let state = call.sandbox.state();
    state.storage(contract, call.param("storageId"))?.require_room(path, size, &call.sandbox.storage_limits)
}

/// Takes in the body, as long as there is room for what came so far.
async fn receive(call: &mut Call, contract: &Contract, path: &FilePath) -> Result<Content, Refusal> {
    let mut writer = ContentWriter::new();
    let Some(mut stream) = call.stream.take() else { return Ok(writer.finish()) };
    let received = loop {
        match request_body::next(&mut stream).await {
            Ok(Some(portion)) => {
                let size = writer.len() + portion.len() as u64;
                if let Err(refusal) = require_room(call, contract, path, size) {
                    break Err(refusal);
                }
                if let Err(error) = writer.write(&portion) {
                    break Err(not_stored(error));
                }
            }
            Ok(None) => break Ok(writer.finish()),
            Err(refusal) => break Err(refusal),
        }
    };
    call.stream = Some(stream);
    received
}

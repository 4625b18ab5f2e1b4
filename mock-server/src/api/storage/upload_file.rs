//! A file for a storage (protocol reference, http-api §8.4).

use http::header::CONTENT_LENGTH;
use http::{Method, StatusCode};
use sync_wrapper::SyncWrapper;

use super::access::{Allowed, allowed};
use super::list_files::StorageFile;
use crate::api::flow::not_stored;
use crate::domain::contract::Contract;
use crate::domain::refusal::Refusal;
use crate::domain::storage_path::FilePath;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, SandboxBy};
use crate::http::reply::{Outcome, reply_json_as};
use crate::http::request_body;
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{CLOUD, ROOM, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::payload::content::Content as FileContent;
use crate::payload::content::ContentWriter;

impl Operation {
    /// `POST clouds/{storageId}/files/apps/{applicationId}/{*path}`
    pub const UPLOAD_STORAGE_FILE: Self = Self::named("uploadFileToStorage");
}

pub(in crate::api) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::UPLOAD_STORAGE_FILE,
        method: Method::POST,
        area: Area::Cloud,
        template: "/clouds/{storageId}/files/apps/{applicationId}/{*path}",
        summary: "`POST clouds/{storageId}/files/apps/{applicationId}/{*path}`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Streamed,
        refusals: &[UNREADABLE, TOO_LARGE, CLOUD, ROOM],
    },
    sandbox: &[SandboxBy::Jwt, SandboxBy::Path("storageId")],
    exchange,
    handler: |call| Box::pin(upload(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = Content::json(schemas.answer::<StorageFile>());
    Exchange::new(Auth::Cloud, Answer::new(201, "Stored; a file at the path was replaced.", answer))
        .body(Content::opaque(&["application/octet-stream"]))
}

async fn upload(call: &mut Call) -> Outcome {
    let Allowed { contract, path } = allowed(call).await?;
    let path = call.verdict.check(Check::FileName, path.file())?;
    let announced = call.headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
    let room = require_room(call, &contract, &path, announced.unwrap_or(0)).await;
    call.verdict.check(Check::Room, room)?;
    let received = receive(call, &contract, &path).await;
    let content = call.verdict.check(Check::Content, received)?;
    call.verdict.passed(Check::Size, format!("{} bytes", content.len()));
    let (store, id) = (&call.sandbox.store, call.param("storageId"));
    let put = store.put_storage_file(&contract, id, path, content).await;
    let file = call.verdict.check(Check::Stored, put)?;
    reply_json_as(StatusCode::CREATED, &StorageFile::of(&file))
}

async fn require_room(call: &Call, contract: &Contract, path: &FilePath, size: u64) -> Result<(), Refusal> {
    call.sandbox.store.storage_room(contract, call.param("storageId"), path, size).await
}

/// Takes in the body, as long as there is room for what came so far.
async fn receive(call: &mut Call, contract: &Contract, path: &FilePath) -> Result<FileContent, Refusal> {
    let mut writer = ContentWriter::new();
    let Some(mut stream) = call.stream.take().map(SyncWrapper::into_inner) else {
        return Ok(writer.finish());
    };
    let received = loop {
        match request_body::next(&mut stream).await {
            Ok(Some(portion)) => {
                let size = writer.len() + portion.len() as u64;
                if let Err(refusal) = require_room(call, contract, path, size).await {
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
    call.stream = Some(SyncWrapper::new(stream));
    received
}

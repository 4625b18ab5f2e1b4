//! `POST permission-access/import`: a file for the library (protocol reference, http-api §5.1).

use axum::body::Body;
use http::Method;
use serde_json::Value;
use sync_wrapper::SyncWrapper;

use super::flow::{Delivered, not_stored};
use super::pushing::{PushLimits, described};
use crate::domain::contract::Contract;
use crate::domain::pushed::Descriptor;
use crate::domain::refusal::Refusal;
use crate::http::call::Call;
use crate::http::endpoint::{BY_JWT, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::http::request_body;
use crate::journal::check::Check;
use crate::jwt::unverified::UnverifiedJwt;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{KIND, SIGNED, TOO_LARGE, UNREADABLE, USER};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::payload::content::Content as FileContent;
use crate::payload::content::ContentWriter;

impl Operation {
    /// `POST permission-access/import`
    pub const PUSH_TO_LIBRARY: Self = Self::named("pushToLibrary");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::PUSH_TO_LIBRARY,
        method: Method::POST,
        area: Area::Api(Generations::Since(Generation::V1_7)),
        template: "/permission-access/import",
        summary: "`POST permission-access/import`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Streamed,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, USER, KIND],
    },
    sandbox: BY_JWT,
    exchange,
    handler: |call| Box::pin(import(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<Delivered>();
    Exchange::new(Auth::User, Answer::json("The file is in the library.", answer))
        .body(Content::opaque(&["application/octet-stream"]))
        .request_header("FileDescriptor", "A JWT, signed as the request's, with the file's metadata.")
}

/// Everything is verified before the first byte is taken.
async fn import(call: &mut Call) -> Outcome {
    let (verified, library) = call.verify_user().await?;
    let contract = verified.contract;
    let now = call.now();
    let room = call.sandbox.store.push_room(&contract, now).await;
    let room = call.verdict.check(Check::ContractKind, room)?;
    let descriptor = call.required_header("FileDescriptor", Check::FileDescriptor)?;
    let descriptor = call.verdict.check(Check::FileDescriptor, read_descriptor(&descriptor, &contract))?;
    let mut incoming = call.stream.take().map(SyncWrapper::into_inner).unwrap_or_default();
    let content = receive(&mut incoming, PushLimits::of(call, room)).await;
    call.stream = Some(SyncWrapper::new(incoming));
    let content = call.verdict.check(Check::Body, content)?;
    let pushed = call.sandbox.store.push(&contract, &library, descriptor, content, now).await;
    call.verdict.check(Check::Library, pushed)?;
    reply_json(&Delivered::expiring(DELIVERY_EXPIRES))
}

/// What vendor tests answer as `expires`; no client looks at it.
const DELIVERY_EXPIRES: u32 = 200_000;

/// The descriptor carries no `client_id`: it is verified with the key of the request's own
/// (protocol reference, crypto §1.5). Its refusals avoid 401, which clients answer with a refresh.
fn read_descriptor(token: &str, contract: &Contract) -> Result<Descriptor, Refusal> {
    let read = || -> Result<Value, Refusal> {
        let jwt = UnverifiedJwt::parse(token)?;
        jwt.require_ps512()?;
        jwt.require_signature(contract.keys.verification())?;
        Ok(jwt.claims.0.get("metadata").cloned().unwrap_or_default())
    };
    let metadata = read().map_err(|refusal| {
        Refusal::validation(format!("FileDescriptor: {}: {}", refusal.message, refusal.detail))
    })?;
    described(metadata, "FileDescriptor: metadata")
}

async fn receive(body: &mut Body, limits: PushLimits) -> Result<FileContent, Refusal> {
    let mut writer = ContentWriter::new();
    while let Some(piece) = request_body::next(body).await? {
        limits.admit(writer.len() + piece.len() as u64)?;
        writer.write(&piece).map_err(not_stored)?;
    }
    Ok(writer.finish())
}

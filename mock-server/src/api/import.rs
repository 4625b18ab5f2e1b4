//! `POST permission-access/import`: a file for the library (protocol reference, http-api §5.1).

use axum::body::Body;
use serde_json::{Value, json};

use super::not_stored;
use crate::journal::check::Check;
use crate::domain::contract::Contract;
use crate::domain::pushed::Descriptor;
use crate::domain::refusal::Refusal;
use crate::domain::state::quota_used_up;
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;
use crate::http::request_body;
use crate::jwt::unverified::UnverifiedJwt;
use crate::payload::content::{Content, ContentWriter};

/// Everything is verified before the first byte is taken.
pub(crate) async fn import(call: &mut Call) -> Outcome {
    let (verified, library) = call.verify_user()?;
    let contract = verified.contract;
    let now = call.now();
    let room = call.sandbox.state().push_room(&contract, now);
    let room = call.verdict.check(Check::ContractKind, room)?;
    let descriptor = call.required_header("FileDescriptor", Check::FileDescriptor)?;
    let descriptor = call.verdict.check(Check::FileDescriptor, read_descriptor(&descriptor, &contract))?;
    let mut incoming = call.stream.take().unwrap_or_default();
    let limits = Limits { file: call.server.settings.push_limit, quota: call.server.settings.push_quota };
    let content = receive(&mut incoming, limits, room).await;
    call.stream = Some(incoming);
    let content = call.verdict.check(Check::Body, content)?;
    let pushed = call.sandbox.state().push(&contract, &library, descriptor, content, now);
    call.verdict.check(Check::Library, pushed)?;
    // What vendor tests answer; no client looks at it.
    Ok(Reply::json(json!({ "status": "delivered", "expires": 200_000 })))
}

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
    let descriptor: Descriptor = serde_path_to_error::deserialize(metadata).map_err(|error| {
        let path = error.path().to_string();
        Refusal::validation(format!("FileDescriptor: metadata.{path}: {}", error.into_inner()))
    })?;
    descriptor.validate()?;
    Ok(descriptor)
}

#[derive(Clone, Copy)]
struct Limits {
    file: u64,
    quota: u64,
}

async fn receive(body: &mut Body, limits: Limits, room: u64) -> Result<Content, Refusal> {
    let mut writer = ContentWriter::new();
    while let Some(piece) = request_body::next(body).await? {
        let length = writer.len() + piece.len() as u64;
        if length > limits.file {
            let message = format!("The file is larger than {} bytes", limits.file);
            return Err(Refusal::too_large(message, "raise push_limit if that is on purpose"));
        }
        if length > room {
            return Err(quota_used_up(limits.quota));
        }
        writer.write(&piece).map_err(not_stored)?;
    }
    Ok(writer.finish())
}

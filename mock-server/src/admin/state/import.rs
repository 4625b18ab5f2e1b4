//! `POST /__admin/state`.

use std::sync::Arc;

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use sync_wrapper::SyncWrapper;

use super::choice;
use crate::admin::access::SANDBOX;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::state::Before;
use crate::http::call::Call;
use crate::http::endpoint::Endpoint;
use crate::http::reply::{Outcome, reply_json};
use crate::http::request_body;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, NOT_EMPTY, SANDBOXES, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::random::SandboxTag;
use crate::sandbox::transfer::{ImportError, Imported, StateImport};
use crate::state_file::{LARGEST_FILE, MEDIA_TYPE};

impl Operation {
    /// `POST /__admin/state`
    pub const ADMIN_IMPORT_STATE: Self = Self::named("adminImportState");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_IMPORT_STATE,
        method: Method::POST,
        area: Area::Admin,
        template: "/state",
        summary: "`POST /__admin/state`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Huge,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN, NOT_EMPTY, SANDBOXES],
    },
    // The file says which, and it may not be there yet.
    sandbox: &[],
    exchange,
    handler: |call| Box::pin(import(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = Answer::json("The sandbox is as the file says.", schemas.answer::<ImportedJson>());
    Exchange::new(Auth::Admin, answer)
        .query(SANDBOX.0, "The sandbox, which must be the file's own; whichever that is if absent.")
        .query("replace", "`false`, or `true` to forget what the sandbox has.")
        .body(Content::opaque(&[MEDIA_TYPE]))
}

/// What an import came to.
#[derive(Serialize, JsonSchema)]
struct ImportedJson {
    /// The sandbox that the file became.
    sandbox: String,
    /// How many rows the file has.
    rows: u64,
}

async fn import(call: &mut Call) -> Outcome {
    let before = choice(call, "replace", [("false", Before::Nothing), ("true", Before::Replaced)])?;
    let Imported { sandbox, rows } = take_in(call, before).await?;
    reply_json(&ImportedJson { sandbox, rows })
}

async fn take_in(call: &mut Call, before: Before) -> Result<Imported, Refusal> {
    let named = call.query_value("sandbox");
    if let Some(id) = named.as_deref().filter(|id| *id != "default" && SandboxTag::parse(id).is_none()) {
        let message = format!("There is no sandbox {id}");
        let detail = "the file says which sandbox it is; leave the parameter out";
        return Err(Refusal::new(404, RefusalCode::NotFound, message, detail));
    }
    let server = Arc::clone(&call.server);
    let mut import = StateImport::new(&server.sandboxes, named, before);
    let Some(mut stream) = call.stream.take().map(SyncWrapper::into_inner) else {
        return import.finish().await.map_err(refusal);
    };
    let mut length = 0;
    let taken_in = loop {
        match request_body::next(&mut stream).await {
            Ok(Some(portion)) => {
                length += portion.len() as u64;
                if length > LARGEST_FILE {
                    let message = format!("The body is larger than {LARGEST_FILE} bytes");
                    break Err(Refusal::too_large(message, "no state is as large"));
                }
                if let Err(error) = import.feed(&portion).await {
                    break Err(refusal(error));
                }
            }
            Ok(None) => break Ok(()),
            Err(refusal) => break Err(refusal),
        }
    };
    call.stream = Some(SyncWrapper::new(stream));
    match taken_in {
        Ok(()) => import.finish().await.map_err(refusal),
        Err(refusal) => {
            import.discard().await;
            Err(refusal)
        }
    }
}

fn refusal(error: ImportError) -> Refusal {
    let message = error.to_string();
    match error {
        ImportError::Unavailable(unavailable) => unavailable.into(),
        ImportError::NotEmpty(_) => {
            let detail = "replace=true forgets what the sandbox has";
            Refusal::new(409, RefusalCode::Conflict, message, detail)
        }
        ImportError::TooManySandboxes => {
            let detail = "DELETE /__admin/sandboxes?sandbox=ID removes one";
            Refusal::new(429, RefusalCode::TooManyRequests, message, detail)
        }
        ImportError::File(_)
        | ImportError::OtherSandbox { .. }
        | ImportError::Applications(_)
        | ImportError::Partners(_) => {
            Refusal::new(400, RefusalCode::ValidationErrors, message, "nothing was imported")
        }
    }
}

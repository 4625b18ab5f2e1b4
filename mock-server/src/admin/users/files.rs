//! `GET /__admin/users/{userId}/files`.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::access::SANDBOX;
use crate::domain::state::UserFile;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, reply_json};
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

impl Operation {
    /// `GET /__admin/users/{userId}/files`
    pub const ADMIN_LIST_USER_FILES: Self = Self::named("adminListUserFiles");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_LIST_USER_FILES,
        method: Method::GET,
        area: Area::Admin,
        template: "/users/{userId}/files",
        summary: "`GET /__admin/users/{userId}/files`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(list(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let said = "The files of a user: what their sources deliver, and what was pushed.";
    Exchange::new(Auth::Admin, Answer::json(said, schemas.answer::<Files>())).query(SANDBOX.0, SANDBOX.1)
}

/// The files of a user.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UserFiles")]
struct Files {
    files: Vec<FileJson>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UserFile")]
struct FileJson {
    /// Its name in sessions.
    name: String,
    /// The account that it comes from; absent if it was pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    media_type: String,
    /// In bytes.
    size: u64,
    /// When it was pushed, or its account was connected, in milliseconds since 1970.
    since: i64,
}

impl From<UserFile> for FileJson {
    fn from(file: UserFile) -> Self {
        let UserFile { name, account, media_type, size, since } = file;
        Self { name, account, media_type, size, since: since.millis() }
    }
}

async fn list(call: &mut Call) -> Outcome {
    let files = call.sandbox.store.user_files(&call.param("userId").to_owned()).await?;
    reply_json(&Files { files: files.into_iter().map(FileJson::from).collect() })
}

//! `GET permission-access/query/{sessionKey}` (protocol reference, http-api §4.2).

use std::collections::BTreeMap;
use std::time::Duration;

use digime_fixtures::AccountError;
use http::Method;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::clock::{Moment, Stopwatch};
use crate::domain::contract::Contract;
use crate::domain::listing::{AccountState, FileEntry, FileList, LibraryState};
use crate::domain::refusal::Refusal;
use crate::domain::session::Reader;
use crate::generations::ListForm;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, SandboxBy};
use crate::http::reply::{Outcome, reply_json};
use crate::journal::check::Check;
use crate::openapi::exchange::{Answer, Auth, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::{Generation, Generations};
use crate::operations::refusals::{KIND, SESSION, SIGNED, TOO_LARGE, UNREADABLE, USER};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};

/// How long a list waits for a read to end. The least patient client gives up after 25 seconds
/// (protocol reference, legacy/mobile §4).
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// How often it looks.
const BETWEEN_LOOKS: Duration = Duration::from_millis(25);

impl Operation {
    /// `GET permission-access/query/{sessionKey}`
    pub const READ_FILE_LIST: Self = Self::named("readFileList");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::READ_FILE_LIST,
        method: Method::GET,
        area: Area::Api(Generations::ALL),
        template: "/permission-access/query/{sessionKey}",
        summary: "`GET permission-access/query/{sessionKey}`",
        deprecated: false,
        answer: AnswerKind::Json,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, USER, KIND, SESSION],
    },
    sandbox: &[SandboxBy::Jwt, SandboxBy::Path("sessionKey")],
    exchange,
    handler: |call| Box::pin(file_list(call)),
};

fn exchange(schemas: &mut Schemas) -> Exchange {
    let what = "The state of the read, and the files so far.";
    let list = |schemas: &mut Schemas| Answer::json(what, schemas.answer::<FileListJson<'static>>());
    let names = Answer::json("What the read brought, once it is over.", schemas.answer::<NamesOrListJson>());
    let (names, open) = (Exchange::new(Auth::Open, names), Exchange::new(Auth::Open, list(schemas)));
    Exchange::new(Auth::User, list(schemas))
        .older(Generations::Until(Generation::V1_3), names)
        .older(Generations::Until(Generation::V1_6), open)
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "FileList")]
struct FileListJson<'a> {
    status: StatusJson,
    /// Absent before the sync has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    file_list: Option<Vec<FileJson<'a>>>,
}

/// What the generations up to v1.3 answer, which v1.1 is one of.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "NamesOrFileList")]
#[allow(dead_code, reason = "describes two answers to the OpenAPI document")]
enum NamesOrListJson {
    Names(FileNamesJson),
    List(FileListJson<'static>),
}

/// All that the oldest generations tell (protocol reference, legacy/endpoints §2).
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "FileNames")]
struct FileNamesJson {
    file_list: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SyncStatus")]
struct StatusJson {
    #[schemars(extend("enum" = ["pending", "running", "partial", "completed"]))]
    state: &'static str,
    details: DetailsJson,
}

/// By account id; always an object, whose members have an order: those that need the user first, then other
/// errors, because Android asks for a login only if the first one has 511 (protocol reference, legacy/mobile §3.6).
#[derive(JsonSchema)]
#[schemars(rename = "SyncDetails")]
struct DetailsJson(
    #[schemars(with = "BTreeMap<String, AccountStatusJson>")] Vec<(String, AccountStatusJson)>,
);

impl DetailsJson {
    fn of(mut accounts: Vec<(String, AccountStatusJson)>) -> Self {
        accounts.sort_by_key(|(_, status)| match &status.error {
            Some(error) if error.reauth => 0,
            Some(_) => 1,
            None => 2,
        });
        Self(accounts)
    }
}

impl Serialize for DetailsJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, status)| (id, status)))
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AccountStatus")]
struct AccountStatusJson {
    #[schemars(extend("enum" = ["running", "partial", "completed"]))]
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<AccountErrorJson>,
}

/// The union of what the clients need: `statuscode` besides `statusCode`, and a nested `error`
/// (protocol reference, legacy rule 20; http-api §4.2).
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AccountError")]
struct AccountErrorJson {
    code: String,
    status_code: u16,
    #[serde(rename = "statuscode")]
    status_code_in_lower_case: u16,
    message: String,
    reauth: bool,
    error: NestedErrorJson,
    /// Milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    object_type_errors: Vec<ObjectTypeErrorJson>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "NestedAccountError")]
struct NestedErrorJson {
    message: String,
    reauth: bool,
    /// Milliseconds since 1970, for JavaScript from 11.1.4 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<i64>,
    /// The same for iOS 5.0.
    #[serde(rename = "retryafter", skip_serializing_if = "Option::is_none")]
    retry_after_in_lower_case: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ObjectTypeError")]
struct ObjectTypeErrorJson {
    object_type: u32,
    error: ObjectErrorJson,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ObjectError")]
struct ObjectErrorJson {
    code: String,
    message: String,
    status_code: u16,
}

/// What the list tells of a file; most of it only of mapped ones.
#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "FileListEntry")]
struct FileJson<'a> {
    name: &'a str,
    /// Milliseconds since 1970.
    updated_date: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_group: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<SchemaJson<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FileSchema")]
struct SchemaJson<'a> {
    standard: &'a str,
    version: &'a str,
}

async fn file_list(call: &mut Call) -> Outcome {
    let (contract, user) = call.verify_reader().await?;
    let reader = user.as_ref().map_or(Reader::Anybody, Reader::User);
    let listed = match call.dialect().list {
        ListForm::Names => list_once_complete(call, &contract, reader).await,
        ListForm::NeverPending | ListForm::Entries => {
            call.sandbox.store.file_list(&contract, reader, call.param("sessionKey"), call.now()).await
        }
    };
    let list = call.verdict.check(Check::Session, listed)?;
    let pending = list.state == LibraryState::Pending;
    let (state, files) = match call.dialect().list {
        ListForm::Names => {
            call.listed = Some(list.state);
            let file_list = list.files.into_iter().map(|file| file.name).collect();
            return reply_json(&FileNamesJson { file_list });
        }
        ListForm::NeverPending if pending => (LibraryState::Running, Some(Vec::new())),
        _ => (list.state, (!pending).then(|| list.files.iter().map(FileJson::of).collect())),
    };
    call.listed = Some(state);
    let now = call.now();
    let details = list.accounts.into_iter().map(|(id, state)| (id, AccountStatusJson::new(state, now)));
    let details = DetailsJson::of(details.collect());
    let status = StatusJson { state: state.as_str(), details };
    reply_json(&FileListJson { status, file_list: files })
}

/// The list once the read is over, or has taken as long as clients wait: they ask once.
async fn list_once_complete(
    call: &Call,
    contract: &Contract,
    reader: Reader<'_>,
) -> Result<FileList, Refusal> {
    let waited = Stopwatch::start();
    loop {
        let (store, key) = (&call.sandbox.store, call.param("sessionKey"));
        let list = store.file_list(contract, reader, key, call.now()).await?;
        if list.state.is_final() || waited.elapsed() > LONGEST_WAIT {
            return Ok(list);
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

impl AccountStatusJson {
    fn new(state: AccountState, now: Moment) -> Self {
        match state {
            AccountState::Running => Self { state: "running", error: None },
            AccountState::Completed => Self { state: "completed", error: None },
            AccountState::Partial(error) => {
                Self { state: "partial", error: Some(AccountErrorJson::new(error, now)) }
            }
        }
    }
}

impl AccountErrorJson {
    fn new(error: AccountError, now: Moment) -> Self {
        let retry_after = error.retry_after_seconds.map(|it| now.plus(Duration::from_secs(it)).millis());
        let object_type_errors = error.object_type_errors.into_iter().map(|it| ObjectTypeErrorJson {
            object_type: it.object_type,
            error: ObjectErrorJson { code: it.code, message: it.message, status_code: it.status_code },
        });
        Self {
            code: error.code,
            status_code: error.status_code,
            status_code_in_lower_case: error.status_code,
            error: NestedErrorJson {
                message: error.message.clone(),
                reauth: error.reauth,
                retry_after,
                retry_after_in_lower_case: retry_after,
            },
            message: error.message,
            reauth: error.reauth,
            retry_after,
            object_type_errors: object_type_errors.collect(),
        }
    }
}

impl<'a> FileJson<'a> {
    fn of(FileEntry { name, updated, mapped }: &'a FileEntry) -> Self {
        let file = Self { name, updated_date: updated.millis(), ..Self::default() };
        let Some(mapped) = mapped else { return file };
        Self {
            object_count: Some(mapped.object_count),
            object_type: Some(&mapped.object_type),
            object_version: Some(&mapped.object_version),
            service_group: Some(&mapped.service_group),
            service_name: Some(&mapped.service_name),
            schema: Some(SchemaJson { standard: &mapped.schema.standard, version: &mapped.schema.version }),
            ..file
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_to_try_again_stands_wherever_a_client_looks() {
        let error = AccountError {
            code: "RateLimited".to_owned(),
            status_code: 429,
            message: "later".to_owned(),
            reauth: false,
            retry_after_seconds: Some(60),
            object_type_errors: Vec::new(),
        };
        let json = serde_json::to_value(AccountErrorJson::new(error, Moment::from_millis(1_000))).unwrap();
        for place in ["/retryAfter", "/error/retryAfter", "/error/retryafter"] {
            assert_eq!(json.pointer(place).and_then(|it| it.as_i64()), Some(61_000), "{place}: {json}");
        }
    }
}

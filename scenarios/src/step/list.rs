//! `list`: state and files of a session.

use digime::{AccountError, FileEntry, FileList, SyncStatus};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Act, StepOutcome, without_nulls};
use crate::format::{Field, Generations};
use crate::context::ScenarioContext;

/// Reads state and files of a session once (protocol reference, http-api §4.2); with `until` it
/// polls.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct List {
    /// The session's key, if it is not the present one.
    session: Option<Field<String>>,
}

impl Act for List {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let list = context.reader(self.session.as_ref())?.list().await?;
        Ok(described(&list))
    }

    fn generations(&self) -> Generations {
        Generations::SDK
    }
}

fn described(list: &FileList) -> Value {
    let files: Vec<_> = list.files.iter().map(file).collect();
    json!({ "status": status(&list.status), "fileList": files })
}

/// State of a session and its accounts.
pub(super) fn status(status: &SyncStatus) -> Value {
    let details: Map<_, _> = status
        .details
        .iter()
        .map(|(id, account)| {
            let error = account.error.as_ref().map(account_error);
            let state = without_nulls(json!({ "state": account.state, "error": error }));
            (id.as_str().to_owned(), state)
        })
        .collect();
    json!({ "state": status.state, "details": details })
}

fn account_error(error: &AccountError) -> Value {
    json!({
        "code": error.code,
        "statusCode": error.status_code,
        "message": error.message,
        "reauth": error.reauth,
        "retryAfter": error.retry_after,
        "objectTypeErrors": (!error.object_type_errors.is_empty()).then_some(&error.object_type_errors),
    })
}

fn file(entry: &FileEntry) -> Value {
    without_nulls(json!({
        "name": entry.name,
        "updatedDate": entry.updated_date,
        "schema": entry.schema,
        "serviceGroup": entry.service_group,
        "serviceName": entry.service_name,
        "objectType": entry.object_type,
        "objectVersion": entry.object_version,
        "objectCount": entry.object_count,
    }))
}

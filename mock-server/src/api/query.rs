//! `GET permission-access/query/{sessionKey}` (protocol reference, http-api §4.2).

use digime_fixtures::{AccountError, FileMetadata};
use serde_json::{Map, Value, json};

use crate::journal::check::Check;
use crate::clock::Moment;
use crate::domain::listing::{AccountState, LibraryState, ListedFile, Listing};
use crate::http::call::Call;
use crate::http::reply::Outcome;
use crate::http::reply::Reply;

pub(crate) fn file_list(call: &mut Call) -> Outcome {
    let (verified, user) = call.verify_user()?;
    let (contract, now) = (verified.contract, call.now());
    let state = call.sandbox.state();
    let (session, library) =
        call.verdict.check(Check::Session, state.session(&contract, &user, call.param("sessionKey"), now))?;
    let listing = Listing::at(session, library, &contract, &call.sandbox.timeline, now);
    Ok(Reply::json(listing_json(&listing, now)))
}

fn listing_json(listing: &Listing<'_>, now: Moment) -> Value {
    let details = listing.accounts.iter().map(|(account, state)| {
        let json = match state {
            AccountState::Running => json!({ "state": "running" }),
            AccountState::Completed => json!({ "state": "completed" }),
            AccountState::Partial(error) => json!({ "state": "partial", "error": error_json(error, now) }),
        };
        (account.id.clone(), json)
    });
    let details: Map<_, _> = details.collect();
    let mut answer = json!({ "status": { "state": listing.state.as_str(), "details": details } });
    if listing.state != LibraryState::Pending {
        answer["fileList"] = listing.files.iter().map(file_json).collect();
    }
    answer
}

fn file_json(listed: &ListedFile<'_>) -> Value {
    let mut json = json!({ "name": listed.name(), "updatedDate": listed.updated().millis() });
    if let ListedFile::Synced { file, .. } = listed
        && let FileMetadata::Mapped(mapped) = &file.metadata
    {
        json["objectCount"] = json!(mapped.object_count);
        json["objectType"] = json!(mapped.object_type);
        json["objectVersion"] = json!(mapped.object_version);
        json["serviceGroup"] = json!(mapped.service_group);
        json["serviceName"] = json!(mapped.service_name);
        json["schema"] = json!({ "standard": mapped.schema.standard, "version": mapped.schema.version });
    }
    json
}

/// The union of what the clients need: `statuscode` besides `statusCode`, and a nested `error`
/// (protocol reference, legacy rule 20; http-api §4.2).
fn error_json(error: &AccountError, now: Moment) -> Value {
    let mut json = json!({
        "code": error.code,
        "statusCode": error.status_code,
        "statuscode": error.status_code,
        "message": error.message,
        "reauth": error.reauth,
        "error": { "message": error.message, "reauth": error.reauth },
    });
    if let Some(seconds) = error.retry_after_seconds {
        let at = now.plus(std::time::Duration::from_secs(seconds)).millis();
        json["retryAfter"] = json!(at);
        json["error"]["retryafter"] = json!(at);
    }
    if !error.object_type_errors.is_empty() {
        let errors = error.object_type_errors.iter().map(|it| {
            let error = json!({ "code": it.code, "message": it.message, "statusCode": it.status_code });
            json!({ "objectType": it.object_type, "error": error })
        });
        json["objectTypeErrors"] = errors.collect();
    }
    json
}

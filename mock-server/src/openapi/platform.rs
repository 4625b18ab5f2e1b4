//! Authorization, tokens, sessions, files and accounts.

use serde_json::{Value, json};

use super::exchange::{Answer, Auth, Content, Exchange};
use super::schemas::{Schemas, array, boolean, integer, object, one_of, string};
use crate::api::FlowBody;
use crate::api::trigger::TriggerBody;

pub(super) fn session() -> Value {
    object([("key", string()), ("expiry", json!({ "type": "integer", "description": "ms since 1970" }))])
}

pub(super) fn authorize(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.written("Authorization", object([("token", string()), ("session", session())]));
    let answer = Answer::json("A preauthorization code, as a signed token, and a session.", answer);
    Exchange::new(Auth::Contract, answer).body(Content::json(schemas.request::<FlowBody>()))
}

pub(super) fn token(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.written("Token", object([("token", string())]));
    Exchange::new(Auth::Contract, Answer::json("A user access token, as a signed token.", answer))
}

pub(super) fn read_session(schemas: &mut Schemas) -> Exchange {
    let answer = Content::json(schemas.written("Triggered", object([("session", session())])));
    let answer = Answer::new(202, "A session that reads.", answer);
    Exchange::new(Auth::User, answer).body(Content::json(schemas.request::<TriggerBody>()))
}

pub(super) fn read_file_list(schemas: &mut Schemas) -> Exchange {
    let object_type_error = object([
        ("objectType", integer()),
        ("error", object([("code", string()), ("message", string()), ("statusCode", integer())])),
    ]);
    let nested = object([("message", string()), ("reauth", boolean()), ("retryafter?", integer())]);
    let error = object([
        ("code", string()),
        ("statusCode", integer()),
        ("statuscode", integer()),
        ("message", string()),
        ("reauth", boolean()),
        ("error", nested),
        ("retryAfter?", integer()),
        ("objectTypeErrors?", array(object_type_error)),
    ]);
    let account = object([("state", one_of(&["running", "partial", "completed"])), ("error?", error)]);
    let details = json!({ "type": "object", "additionalProperties": account });
    let state = one_of(&["pending", "running", "partial", "completed"]);
    let file = object([
        ("name", string()),
        ("updatedDate", integer()),
        ("objectCount?", integer()),
        ("objectType?", string()),
        ("objectVersion?", string()),
        ("serviceGroup?", string()),
        ("serviceName?", string()),
        ("schema?", object([("standard", string()), ("version", string())])),
    ]);
    let list =
        object([("status", object([("state", state), ("details", details)])), ("fileList?", array(file))]);
    let answer = schemas.written("FileList", list);
    Exchange::new(Auth::User, Answer::json("The state of the read, and the files so far.", answer))
}

pub(super) fn read_file() -> Exchange {
    let content = Content::opaque(&["application/octet-stream"]);
    Exchange::new(Auth::User, with_metadata(Answer::new(200, "The encrypted file container.", content)))
}

pub(super) fn read_file_metadata() -> Exchange {
    Exchange::new(Auth::User, with_metadata(Answer::empty(200, "The metadata alone.")))
}

fn with_metadata(answer: Answer) -> Answer {
    answer
        .header("x-metadata", "Metadata and compression of the file: JSON as base64.")
        .header("last-modified", "When the file was last updated.")
}

pub(super) fn read_accounts(schemas: &mut Schemas) -> Exchange {
    const TYPES: [&str; 13] = [
        "USER",
        "ADMIN",
        "EVENT",
        "GROUP",
        "BANK",
        "CREDIT_CARD",
        "IMPORTED",
        "INVESTMENT",
        "INSURANCE",
        "LOAN",
        "REWARD",
        "BILL",
        "PUSH",
    ];
    let account = object([
        ("id", string()),
        ("reference", string()),
        ("type", one_of(&TYPES)),
        ("createdDate", integer()),
        ("updatedDate", integer()),
        ("serviceGroupId", integer()),
        ("serviceGroupName", string()),
        ("serviceTypeId", integer()),
        ("serviceTypeName", string()),
        ("serviceTypeReference", string()),
        ("sourceId", integer()),
        ("accessTokenStatus?", object([("authorized", boolean()), ("expiresAt?", integer())])),
        ("serviceProviderId?", integer()),
        ("serviceProviderName?", string()),
        ("serviceProviderReference?", string()),
        ("username?", string()),
        ("providerFavIcon?", string()),
        ("providerLogo?", string()),
        ("sample?", boolean()),
    ]);
    let answer = schemas.written("Accounts", array(account));
    Exchange::new(Auth::User, Answer::json("The connected accounts.", answer))
}

pub(super) fn jwks(schemas: &mut Schemas) -> Exchange {
    let key = object(["kty", "kid", "use", "alg", "n", "e", "pem"].map(|name| (name, string())));
    let answer = schemas.written("KeySet", object([("keys", array(key))]));
    Exchange::new(Auth::Open, Answer::json("The keys that the server signs with.", answer))
}

//! Further sources, deletion, pushing, the portability report and contract details.

use serde_json::{Value, json};

use super::exchange::{Answer, Auth, Content, Exchange};
use super::platform::session;
use super::schemas::{Schemas, integer, object, string};
use crate::api::FlowBody;

const ACCOUNT: &str = "The account; the path holds the literal text `h:accountId`.";

/// JSON that the operation takes as it is.
fn any_object() -> Content {
    Content::of("application/json", json!({ "type": "object" }))
}

pub(super) fn token_reference(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.written("TokenReference", object([("token", string()), ("session", session())]));
    let answer = Answer::json("A reference code for a page, as a signed token, and a session.", answer);
    Exchange::new(Auth::User, answer).body(Content::json(schemas.request::<FlowBody>()))
}

pub(super) fn reference(schemas: &mut Schemas) -> Exchange {
    let answer = Content::json(schemas.written("Reference", object([("id", string())])));
    let body = object([
        ("type", json!({ "type": "string", "enum": ["accountId", "cloudId"] })),
        ("value", string()),
    ]);
    Exchange::new(Auth::Contract, Answer::new(201, "Stands for the account or storage.", answer))
        .body(Content::of("application/json", body))
}

pub(super) fn revoke(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.written("Revocation", object([("location", string())]));
    Exchange::new(Auth::User, Answer::json("The page on which the user withdraws.", answer))
        .request_header("accountId", ACCOUNT)
        .request_header("redirectUri", "Where the page leads back to.")
}

pub(super) fn delete_user() -> Exchange {
    Exchange::new(Auth::User, Answer::empty(204, "The user is gone, with everything that is theirs."))
}

pub(super) fn delete_account() -> Exchange {
    Exchange::new(Auth::User, Answer::empty(204, "The account is gone, with its files."))
        .request_header("accountId", ACCOUNT)
}

pub(super) fn push(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.written("Delivered", object([("status", string()), ("expires?", integer())]));
    Exchange::new(Auth::User, Answer::json("The file is in the library.", answer))
        .body(Content::opaque(&["application/octet-stream"]))
        .request_header("FileDescriptor", "A JWT, signed as the request's, with the file's metadata.")
}

pub(super) fn push_to_provider(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.written("Delivered", object([("status", string()), ("expires?", integer())]));
    Exchange::new(Auth::User, Answer::json("The data went to the account's provider.", answer))
        .body(any_object())
        .request_header("accountId", ACCOUNT)
}

pub(super) fn portability_report() -> Exchange {
    let content = Content::opaque(&["application/xml"]);
    Exchange::new(Auth::User, Answer::new(200, "The report.", content))
        .query("format", "xml")
        .query("from", "Seconds since 1970; anything else means no bound.")
        .query("to", "Seconds since 1970; anything else means no bound.")
}

fn contract_answer(schemas: &mut Schemas) -> Answer {
    let application = object([
        ("id", string()),
        ("name", string()),
        ("status", integer()),
        ("resources", json!({ "type": "object" })),
    ]);
    let contract: Value = object([
        ("id", string()),
        ("type", string()),
        ("accessType", json!({ "type": "string", "enum": ["r", "w"] })),
        ("partnerId", string()),
        ("expirationDate", integer()),
        ("certificateContractSchemaVersion", string()),
        ("certificate", json!({ "type": "string", "description": "X.509, DER, as base64" })),
        ("application", application),
    ]);
    Answer::json("The contract and its certificate.", schemas.written("Contract", contract))
}

pub(super) fn contract(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Contract, contract_answer(schemas))
}

pub(super) fn named_contract(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Open, contract_answer(schemas))
}

pub(super) fn tracking(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.written("Tracked", object([]));
    Exchange::new(Auth::Contract, Answer::json("Nothing is done with the events.", answer)).body(any_object())
}

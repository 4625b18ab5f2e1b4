//! What operations are documented to refuse, in groups of which each endpoint names its own: the
//! OpenAPI document shows them, and the whole-system tests hold every answer against it.
//!
//! Faults, which answer whatever a test asks for, and defects of the server (500) are no part of it.

use super::refusal_code::RefusalCode;

/// A refusal that an operation can answer with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentedRefusal {
    /// HTTP status.
    pub status: u16,
    /// The platform's error code.
    pub code: RefusalCode,
    /// What leads to it.
    pub when: &'static str,
}

const fn row(status: u16, code: RefusalCode, when: &'static str) -> DocumentedRefusal {
    DocumentedRefusal { status, code, when }
}

pub(crate) type Group = [DocumentedRefusal];

pub(crate) const UNREADABLE: &Group =
    &[row(400, RefusalCode::ValidationErrors, "path, query or body cannot be understood")];
pub(crate) const TOO_LARGE: &Group = &[
    row(413, RefusalCode::ValidationErrors, "the body is larger than the configured limit"),
    row(415, RefusalCode::ValidationErrors, "the body has a Content-Encoding"),
];
pub(crate) const SIGNED: &Group = &[
    row(
        401,
        RefusalCode::InvalidJwt,
        "the request's JWT is missing, unreadable or not signed by the contract's key",
    ),
    row(403, RefusalCode::InvalidClient, "no contract has the JWT's client_id"),
    row(
        400,
        RefusalCode::InvalidRequest,
        "a claim is missing or malformed, the nonce was used or the timestamp is stale",
    ),
];
pub(crate) const USER: &Group =
    &[row(401, RefusalCode::InvalidToken, "the access token is unknown, expired or another contract's")];
pub(crate) const CLOUD: &Group = &[
    row(
        401,
        RefusalCode::InvalidJwt,
        "the storage JWT is missing, unreadable, expired or not signed by the contract's key",
    ),
    row(403, RefusalCode::Forbidden, "the path is in another application's folder"),
    row(404, RefusalCode::NotFound, "there is no such storage for this contract, or nothing at the path"),
];
pub(crate) const ADMIN: &Group = &[
    row(403, RefusalCode::AdminForbidden, "administration is not open to the caller"),
    row(404, RefusalCode::NotFound, "there is no such sandbox, or nothing of that name in it"),
];
pub(crate) const KIND: &Group =
    &[row(400, RefusalCode::InvalidContractDataRequest, "the contract's kind does not allow the operation")];
pub(crate) const ONE_OFF: &Group =
    &[row(403, RefusalCode::InsufficientScope, "a one-off contract asks for an ongoing one's right")];
pub(crate) const SESSION: &Group =
    &[row(404, RefusalCode::SessionInvalid, "the session is unknown, expired or another's")];
pub(crate) const FILE: &Group =
    &[row(404, RefusalCode::FileNotFound, "the session has no such file, or not yet")];

pub(crate) const OPENING: &Group = &[
    row(400, RefusalCode::SdkInvalid, "the agent is one that the settings refuse"),
    row(403, RefusalCode::SdkVersionInvalid, "the agent's version is one that the settings call outdated"),
    row(
        400,
        RefusalCode::ScopeOutOfBounds,
        "the scope names a service group that the contract does not cover",
    ),
];
pub(crate) const RUNNING: &Group =
    &[row(409, RefusalCode::Conflict, "another run of scenarios is under way")];
pub(crate) const CALLBACK: &Group =
    &[row(404, RefusalCode::InvalidRedirectUri, "the callback is not registered for the contract")];
pub(crate) const LINKED: &Group =
    &[row(401, RefusalCode::InvalidToken, "the access token of the library to attach to is unknown")];
pub(crate) const GRANT: &Group = &[
    row(400, RefusalCode::InvalidGrant, "the code is unknown, expired or used, or the verifier is wrong"),
    row(401, RefusalCode::InvalidToken, "the refresh token is unknown, expired or replaced"),
];
pub(crate) const ACCOUNT: &Group =
    &[row(404, RefusalCode::AccountNotFound, "the library has no such account")];
pub(crate) const POSTBOX: &Group =
    &[row(404, RefusalCode::PostboxNotFound, "there is no such postbox for this contract and user")];
pub(crate) const STORAGE: &Group =
    &[row(404, RefusalCode::StorageNotFound, "there is no such storage for this contract")];
pub(crate) const NAMED: &Group = &[row(403, RefusalCode::InvalidClient, "there is no such contract")];
pub(crate) const NAMED_IN_BODY: &Group = &[
    row(404, RefusalCode::InvalidConsentAccessApplication, "there is no such application"),
    row(404, RefusalCode::InvalidContractId, "the application has no such contract"),
];
pub(crate) const SOURCE: &Group =
    &[row(404, RefusalCode::SourceNotFound, "the catalogue has no such source")];
pub(crate) const NO_STORAGE: &Group =
    &[row(404, RefusalCode::StorageNotFound, "no storage was bound to the user")];
pub(crate) const ROOM: &Group = &[
    row(413, RefusalCode::FileTooLarge, "the file is larger than the configured limit"),
    row(507, RefusalCode::QuotaExceeded, "the storage is full"),
];
pub(crate) const ICON: &Group = &[row(404, RefusalCode::NotFound, "there is no such icon")];
pub(crate) const STOPPING: &Group =
    &[row(503, RefusalCode::ServiceUnavailable, "the server was asked to stop, or its state cannot be used")];
pub(crate) const CONTRACTS: &Group =
    &[row(429, RefusalCode::TooManyRequests, "the sandbox has as many contracts as it can")];
pub(crate) const NOT_EMPTY: &Group =
    &[row(409, RefusalCode::Conflict, "the sandbox is not empty, and its state is not to be replaced")];
pub(crate) const STREAMS: &Group =
    &[row(429, RefusalCode::TooManyRequests, "as many streams of events are open as there can be")];
pub(crate) const SANDBOXES: &Group =
    &[row(429, RefusalCode::TooManyRequests, "the server holds as many sandboxes as it can")];

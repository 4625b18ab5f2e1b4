//! What each operation is documented to refuse: the one table behind the OpenAPI document, which
//! the whole-system tests hold every answer against.
//!
//! Faults, which answer whatever a test asks for, and defects of the server (500) are no part of it.

use crate::domain::refusal::RefusalCode;
use crate::operations::route::Operation;

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

type Group = [DocumentedRefusal];

const UNREADABLE: &Group = &[row(400, RefusalCode::ValidationErrors, "path, query or body cannot be understood")];
const TOO_LARGE: &Group = &[row(413, RefusalCode::ValidationErrors, "the body is larger than the configured limit")];
const SIGNED: &Group = &[
    row(401, RefusalCode::InvalidJwt, "the request's JWT is missing, unreadable or not signed by the contract's key"),
    row(403, RefusalCode::InvalidClient, "no contract has the JWT's client_id"),
    row(
        400,
        RefusalCode::InvalidRequest,
        "a claim is missing or malformed, the nonce was used or the timestamp is stale",
    ),
];
const USER: &Group =
    &[row(401, RefusalCode::InvalidToken, "the access token is unknown, expired or another contract's")];
const CLOUD: &Group = &[
    row(
        401,
        RefusalCode::InvalidJwt,
        "the storage JWT is missing, unreadable, expired or not signed by the contract's key",
    ),
    row(403, RefusalCode::Forbidden, "the path is in another application's folder"),
    row(404, RefusalCode::NotFound, "there is no such storage for this contract, or nothing at the path"),
];
const ADMIN: &Group = &[
    row(403, RefusalCode::AdminForbidden, "administration is not open to the caller"),
    row(404, RefusalCode::NotFound, "there is no such sandbox, or nothing of that name in it"),
];
const KIND: &Group =
    &[row(400, RefusalCode::InvalidContractDataRequest, "the contract's kind does not allow the operation")];
const ONE_OFF: &Group =
    &[row(403, RefusalCode::InsufficientScope, "a one-off contract asks for an ongoing one's right")];
const SESSION: &Group = &[row(404, RefusalCode::SessionInvalid, "the session is unknown, expired or another's")];
const FILE: &Group = &[row(404, RefusalCode::FileNotFound, "the session has no such file, or not yet")];

const OPENING: &Group = &[
    row(400, RefusalCode::SdkInvalid, "the agent is one that the settings refuse"),
    row(403, RefusalCode::SdkVersionInvalid, "the agent's version is one that the settings call outdated"),
    row(400, RefusalCode::ScopeOutOfBounds, "the scope names a service group that the contract does not cover"),
];
const CALLBACK: &Group = &[row(404, RefusalCode::InvalidRedirectUri, "the callback is not registered for the contract")];
const LINKED: &Group =
    &[row(401, RefusalCode::InvalidToken, "the access token of the library to attach to is unknown or expired")];
const GRANT: &Group = &[
    row(400, RefusalCode::InvalidGrant, "the code is unknown, expired or used, or the verifier is wrong"),
    row(401, RefusalCode::InvalidToken, "the refresh token is unknown, expired or replaced"),
];
const ACCOUNT: &Group = &[row(404, RefusalCode::AccountNotFound, "the library has no such account")];
const STORAGE: &Group = &[row(404, RefusalCode::StorageNotFound, "there is no such storage for this contract")];
const NAMED: &Group = &[row(403, RefusalCode::InvalidClient, "there is no such contract")];
const SOURCE: &Group = &[row(404, RefusalCode::SourceNotFound, "the catalogue has no such source")];
const NO_STORAGE: &Group = &[row(404, RefusalCode::StorageNotFound, "no storage was bound to the user")];
const ROOM: &Group = &[
    row(413, RefusalCode::FileTooLarge, "the file is larger than the configured limit"),
    row(507, RefusalCode::QuotaExceeded, "the storage is full"),
];
const ICON: &Group = &[row(404, RefusalCode::NotFound, "there is no such icon")];
const SANDBOXES: &Group = &[row(429, RefusalCode::TooManyRequests, "the server holds as many sandboxes as it can")];

/// The groups that make up an operation's refusals. A match without a default, so that a new
/// operation cannot be forgotten.
const fn groups(operation: Operation) -> &'static [&'static Group] {
    match operation {
        Operation::Authorize => &[UNREADABLE, TOO_LARGE, SIGNED, CALLBACK, LINKED, OPENING],
        Operation::Token => &[UNREADABLE, TOO_LARGE, SIGNED, ONE_OFF, GRANT],
        Operation::ReadSession => &[UNREADABLE, TOO_LARGE, SIGNED, USER, KIND, ONE_OFF, OPENING],
        Operation::ReadFileList => &[UNREADABLE, TOO_LARGE, SIGNED, USER, KIND, SESSION],
        Operation::ReadFile | Operation::ReadFileMetadata => {
            &[UNREADABLE, TOO_LARGE, SIGNED, USER, KIND, SESSION, FILE]
        }
        Operation::ReadAccounts | Operation::DeleteUser | Operation::PortabilityReport => {
            &[UNREADABLE, TOO_LARGE, SIGNED, USER]
        }
        Operation::TokenReference => &[UNREADABLE, TOO_LARGE, SIGNED, CALLBACK, USER, ONE_OFF, OPENING],
        Operation::Reference => &[UNREADABLE, TOO_LARGE, SIGNED, STORAGE],
        Operation::RevokeAccountPermission => &[UNREADABLE, TOO_LARGE, SIGNED, CALLBACK, USER, ACCOUNT],
        Operation::DeleteAccount => &[UNREADABLE, TOO_LARGE, SIGNED, USER, ACCOUNT],
        Operation::PushToLibrary => &[UNREADABLE, TOO_LARGE, SIGNED, USER, KIND],
        Operation::PushToProvider => &[UNREADABLE, TOO_LARGE, SIGNED, USER, KIND, ACCOUNT],
        Operation::QuerySources
        | Operation::QueryCountries
        | Operation::QueryPlatforms
        | Operation::QueryCategories
        | Operation::QuerySourceTypes
        | Operation::CreateStorage
        | Operation::ContractDetails
        | Operation::Tracking => &[UNREADABLE, TOO_LARGE, SIGNED],
        Operation::SampleDatasets => &[UNREADABLE, TOO_LARGE, SIGNED, SOURCE],
        Operation::UserStorage => &[UNREADABLE, TOO_LARGE, SIGNED, USER, NO_STORAGE],
        Operation::ListStorageFiles | Operation::DownloadStorageFile | Operation::DeleteStorageFiles => {
            &[UNREADABLE, TOO_LARGE, CLOUD]
        }
        Operation::UploadStorageFile => &[UNREADABLE, CLOUD, ROOM],
        Operation::NamedContractDetails => &[UNREADABLE, TOO_LARGE, NAMED],
        Operation::Asset => &[UNREADABLE, TOO_LARGE, ICON],
        Operation::AvailableServices
        | Operation::Jwks
        | Operation::ConsentPage
        | Operation::ConsentDecision
        | Operation::OnboardPage
        | Operation::OnboardDecision
        | Operation::UserReauthPage
        | Operation::UserReauthDecision
        | Operation::ReauthorizePage
        | Operation::ReauthorizeDecision
        | Operation::RevokePage
        | Operation::RevokeDecision => &[UNREADABLE, TOO_LARGE],
        Operation::AdminHealth
        | Operation::AdminOpenapi
        | Operation::AdminCredentials
        | Operation::AdminConsent
        | Operation::AdminClock
        | Operation::AdminMoveClock
        | Operation::AdminReset
        | Operation::AdminRequests
        | Operation::AdminForgetRequests
        | Operation::AdminExplain
        | Operation::AdminClientReport
        | Operation::AdminFaults
        | Operation::AdminInjectFault
        | Operation::AdminClearFaults
        | Operation::AdminRemoveSandbox => &[UNREADABLE, TOO_LARGE, ADMIN],
        Operation::AdminCreateSandbox => &[UNREADABLE, TOO_LARGE, ADMIN, SANDBOXES],
    }
}

impl Operation {
    /// Every refusal that the operation can answer with.
    pub fn refusals(self) -> impl Iterator<Item = &'static DocumentedRefusal> {
        groups(self).iter().flat_map(|group| group.iter())
    }
}

#[cfg(test)]
mod tests {
    use crate::operations::route::ROUTES;

    #[test]
    fn no_operation_lists_a_refusal_twice() {
        for route in ROUTES {
            let listed: Vec<_> = route.operation.refusals().map(|it| (it.status, it.code.clone())).collect();
            let mut distinct = listed.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(listed.len(), distinct.len(), "{}: {listed:?}", route.name);
        }
    }
}

//! The platform's error codes (protocol reference, errors §3 and §7), and a few of the mock's own.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident $wire:literal;)*) => {
        /// The code of a refusal, which clients decide by.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum RefusalCode {
            $($(#[doc = $doc])* $variant,)*
            /// A code of the caller's choice, for answers of injected faults alone.
            Injected(String),
        }

        impl RefusalCode {
            /// The code as it is written on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $wire,)*
                    Self::Injected(code) => code,
                }
            }
        }
    };
}

codes! {
    /// The library has no such account.
    AccountNotFound "AccountNotFound";
    /// Administration is not open to the caller.
    AdminForbidden "AdminForbidden";
    /// What is there does not allow it.
    Conflict "Conflict";
    /// The session has no such file, or not yet.
    FileNotFound "FileNotFound";
    /// A storage takes no file of this size.
    FileTooLarge "FileTooLarge";
    /// The path is in another application's folder.
    Forbidden "Forbidden";
    /// A one-off contract asks for what only an ongoing one may do.
    InsufficientScope "InsufficientScope";
    /// A defect of the server.
    InternalServerError "InternalServerError";
    /// No contract has this `client_id`.
    InvalidClient "InvalidClient";
    /// No application has this id.
    InvalidConsentAccessApplication "InvalidConsentAccessApplication";
    /// The contract's kind does not allow the operation.
    InvalidContractDataRequest "InvalidContractDataRequest";
    /// The application has no such contract.
    InvalidContractId "InvalidContractId";
    /// The code is unknown, expired or used, or the verifier is wrong.
    InvalidGrant "InvalidGrant";
    /// The JWT is missing, unreadable or not signed by the contract's key.
    InvalidJwt "InvalidJWT";
    /// The callback is not registered for the contract.
    InvalidRedirectUri "InvalidRedirectUri";
    /// A claim is missing or malformed, the nonce was used or the timestamp is stale.
    InvalidRequest "InvalidRequest";
    /// The token is unknown, expired or another contract's.
    InvalidToken "InvalidToken";
    /// The path does not answer this method.
    MethodNotAllowed "MethodNotAllowed";
    /// There is nothing of this name.
    NotFound "NotFound";
    /// There is no such postbox for this contract and user.
    PostboxNotFound "PostboxNotFound";
    /// The storage is full.
    QuotaExceeded "QuotaExceeded";
    /// The scope asks for more than the contract covers.
    ScopeOutOfBounds "ScopeOutOfBounds";
    /// The settings refuse this client library.
    SdkInvalid "SDKInvalid";
    /// The settings call this version of the client library outdated.
    SdkVersionInvalid "SDKVersionInvalid";
    /// The state of the server cannot be reached just now, or there is no room.
    ServiceUnavailable "ServiceUnavailable";
    /// The session is unknown, expired, or another user's.
    SessionInvalid "SessionInvalid";
    /// The catalogue has no such source.
    SourceNotFound "SourceNotFound";
    /// There is no such storage for this contract or user.
    StorageNotFound "StorageNotFound";
    /// Too much was asked for.
    TooManyRequests "TooManyRequests";
    /// A body, header or parameter cannot be understood, is too large, or does not come.
    ValidationErrors "ValidationErrors";
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for RefusalCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

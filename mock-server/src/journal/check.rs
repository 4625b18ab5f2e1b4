//! The checks that a request passes or fails, by the names that the verdict trace shows.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! checks {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal;)*) => {
        /// One named check of a request.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[non_exhaustive]
        pub enum Check { $($(#[doc = $doc])* #[serde(rename = $name)] $variant,)* }

        impl Check {
            /// The name in the verdict trace.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

checks! {
    /// The access token is known, alive and the contract's.
    AccessToken "access token";
    /// The claim `access_token` is there.
    AccessTokenClaim "access token claim";
    /// The library has the account.
    Account "account";
    /// The header `accountId` is there.
    AccountIdHeader "accountId";
    /// The client library is one that the settings serve.
    Agent "agent";
    /// The JWT names PS512.
    Algorithm "algorithm";
    /// The path is in the application's own folder.
    ApplicationFolder "application's folder";
    /// The claim `aud` is the cloud host.
    Audience "audience";
    /// The code and its verifier can be exchanged.
    AuthorizationCode "authorization code";
    /// There is a bearer token.
    AuthorizationHeader "authorization header";
    /// The body can be read.
    Body "body";
    /// The claim `client_id` is there.
    ClientId "client_id";
    /// The code of the page is waiting for a decision.
    Code "code";
    /// The claim `code_challenge` is a text.
    CodeChallengeClaim "code_challenge claim";
    /// The claim `code` is there.
    CodeClaim "code claim";
    /// The bytes of an upload arrived.
    Content "content";
    /// The contract exists.
    Contract "contract";
    /// The header `contractId` names a contract.
    ContractIdHeader "contractId header";
    /// The contract's kind allows the operation.
    ContractKind "contract kind";
    /// There is a file at the path.
    File "file";
    /// The header `FileDescriptor` describes the pushed file.
    FileDescriptor "FileDescriptor";
    /// The session lists the file.
    FileListed "file listed";
    /// The path is one of a file.
    FileName "file name";
    /// There is something at the path.
    FileOrFolder "file or folder";
    /// The bounds of a report are in order.
    FromAndTo "from and to";
    /// The grant type is known.
    GrantType "grant_type";
    /// The claim `grant_type` is there.
    GrantTypeClaim "grant_type claim";
    /// The initialization vector of a push has the right form.
    InitializationVector "initialization vector";
    /// The JWT has three readable parts.
    JwtForm "JWT form";
    /// The header `kid` names the contract's key.
    KeyId "key id";
    /// The library takes what is pushed.
    Library "library";
    /// The JWT is valid now.
    Lifetime "lifetime";
    /// The access token of the library to attach to is alive.
    LinkedAccessToken "linked access token";
    /// The nonce has 32 letters and digits.
    NonceForm "nonce form";
    /// The nonce was not used before.
    NonceReuse "nonce reuse";
    /// The parameters of a page can be read.
    PageParameters "page parameters";
    /// Limit and offset of a page are in range.
    Paging "paging";
    /// The path of a storage file can be read.
    Path "path";
    /// The PKCE challenge has the right form.
    PkceChallenge "PKCE challenge";
    /// The PKCE verifier has the right form.
    PkceVerifier "PKCE verifier";
    /// The postbox is the contract's, and the session's or user's who pushes.
    Postbox "postbox";
    /// The encrypted metadata describes the pushed file.
    PushMetadata "push metadata";
    /// The fields of a query are documented.
    QueryFields "query fields";
    /// `recursive` is true or false.
    Recursive "recursive";
    /// The claim `redirect_uri` is there.
    RedirectUriClaim "redirect_uri claim";
    /// The header `redirectUri` is there.
    RedirectUriHeader "redirectUri";
    /// The callback is registered for the contract.
    RedirectUriRegistered "redirect_uri registered";
    /// The type of a reference is known.
    ReferenceType "reference type";
    /// The value of a reference is there.
    ReferenceValue "reference value";
    /// The refresh token is known, alive and not replaced.
    RefreshToken "refresh token";
    /// The claim `refresh_token` is there.
    RefreshTokenClaim "refresh_token claim";
    /// The form of the callback is one that the platform knows.
    ResponseTypeAndMode "response type and mode";
    /// The storage has room.
    Room "room";
    /// The scope is within the contract.
    ScopeWithinContract "scope within contract";
    /// There is such a report.
    ServiceTypeAndFormat "service type and format";
    /// The session is known, alive and the user's.
    Session "session";
    /// The claim `session_key` is there.
    SessionKeyClaim "session_key claim";
    /// The header `sessionKey` is there.
    SessionKeyHeader "sessionKey";
    /// The options of a session make sense.
    SessionOptions "session options";
    /// The contract's key made the signature.
    Signature "signature";
    /// How large an upload was.
    Size "size";
    /// The catalogue has the source.
    Source "source";
    /// The source id is a number.
    SourceId "source id";
    /// The standard and version of a push are known.
    StandardAndVersion "standard and version";
    /// The claim `state` is a text.
    StateClaim "state claim";
    /// The storage is the contract's.
    Storage "storage";
    /// The file was stored.
    Stored "stored";
    /// The postbox's key opens the key of a push.
    SymmetricalKey "symmetrical key";
    /// The timestamp is fresh.
    Timestamp "timestamp";
    /// The header `typ` is `at+jwt`.
    TokenType "token type";
    /// The user exists.
    User "user";
}

impl Check {
    /// Whether a request that fails it shows a defect of its client, which no test causes from outside
    /// as it causes expiry, a declined consent, deletion or a fault: signature, nonce, and the form of
    /// claims, headers, paths and bodies.
    pub(crate) fn shows_defect(self) -> bool {
        match self {
            Self::AccessTokenClaim
            | Self::AccountIdHeader
            | Self::Algorithm
            | Self::ApplicationFolder
            | Self::Audience
            | Self::AuthorizationHeader
            | Self::Body
            | Self::ClientId
            | Self::CodeChallengeClaim
            | Self::CodeClaim
            | Self::FileDescriptor
            | Self::FileName
            | Self::FromAndTo
            | Self::GrantType
            | Self::GrantTypeClaim
            | Self::InitializationVector
            | Self::JwtForm
            | Self::KeyId
            | Self::Lifetime
            | Self::NonceForm
            | Self::NonceReuse
            | Self::Paging
            | Self::Path
            | Self::PkceChallenge
            | Self::PkceVerifier
            | Self::PushMetadata
            | Self::QueryFields
            | Self::Recursive
            | Self::RedirectUriClaim
            | Self::RedirectUriHeader
            | Self::ReferenceType
            | Self::RefreshTokenClaim
            | Self::ResponseTypeAndMode
            | Self::ServiceTypeAndFormat
            | Self::SessionKeyClaim
            | Self::SessionKeyHeader
            | Self::SessionOptions
            | Self::Signature
            | Self::SourceId
            | Self::StandardAndVersion
            | Self::StateClaim
            | Self::SymmetricalKey
            | Self::Timestamp
            | Self::TokenType => true,
            Self::AccessToken
            | Self::Account
            | Self::Agent
            | Self::AuthorizationCode
            | Self::Code
            | Self::Content
            | Self::Contract
            | Self::ContractIdHeader
            | Self::ContractKind
            | Self::File
            | Self::FileListed
            | Self::FileOrFolder
            | Self::Library
            | Self::LinkedAccessToken
            | Self::PageParameters
            | Self::Postbox
            | Self::RedirectUriRegistered
            | Self::ReferenceValue
            | Self::RefreshToken
            | Self::Room
            | Self::ScopeWithinContract
            | Self::Session
            | Self::Size
            | Self::Source
            | Self::Storage
            | Self::Stored
            | Self::User => false,
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

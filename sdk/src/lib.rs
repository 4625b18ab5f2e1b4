#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![warn(clippy::missing_errors_doc, clippy::missing_panics_doc)]

#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
mod client;
mod clock;
mod consent;
mod contract;
mod contract_details;
mod cores;
mod crypto;
mod delete;
pub mod discovery;
mod download;
mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod ids;
#[cfg(feature = "legacy")]
pub mod legacy;
pub mod objects;
pub mod observe;
mod push;
mod read;
pub mod storage;
mod text_enum;
mod tokens;

pub use self::http::content::Content;
pub use self::http::retry::RetryPolicy;
pub use client::Client;
pub use client::agent::Agent;
pub use client::builder::ClientBuilder;
pub use client::user::User;
pub use consent::authorize::{Authorization, StoredAuthorization};
pub use consent::authorize_options::AuthorizeOptions;
pub use consent::callback::CallbackResult;
pub use consent::grant::Grant;
pub use consent::onboard::{OnboardOptions, Onboarding};
pub use consent::page_options::SourceType;
pub use consent::reauthorize::ReauthorizeOptions;
pub use consent::reauthorize_account::{AccountReauthorization, ReauthorizeAccountOptions};
pub use consent::revoke::PermissionRevocation;
pub use consent::sources_scope::SourcesScope;
pub use consent::state::State;
pub use contract::Contract;
pub use contract_details::{AccessType, Application, CertificateType, ContractDetails};
pub use crypto::private_key::PrivateKey;
pub use download::compression::Compression;
pub use error::{ApiError, CallbackErrorCode, Error, ErrorCode, ErrorKind, Operation, Result};
pub use ids::{
    AccountId, AccountReference, AuthorizationCode, CategoryId, ContractId, CountryId, FileName, PlatformId,
    ServiceId, SessionKey, SourceId, SourceTypeId, StorageId, UserId,
};
pub use push::library::PushMetadata;
pub use push::provider::FhirVersion;
pub use read::accounts::{AccessTokenStatus, Account, AccountType};
pub use read::all_files::{AllFiles, AllRead};
pub use read::file::{File, FileStream, RawFile};
pub use read::file_list::{AccountError, AccountStatus, FileEntry, FileList, SyncState, SyncStatus};
pub use read::metadata::{FileMetadata, MappedMetadata, RawAccount, RawMetadata, Schema};
pub use read::portability::{PortabilityReportOptions, ReportService};
pub use read::read_all_options::ReadAllOptions;
pub use read::reader::{FileError, ReadEvent};
pub use read::scope::{Scope, ServiceGroup, ServiceType, TimeRange};
pub use read::session::{Session, SessionOptions};
pub use tokens::pkce::CodeVerifier;
pub use tokens::token::{Token, TokenRefreshed, TokenUser, TokenValue, UserAccessToken};

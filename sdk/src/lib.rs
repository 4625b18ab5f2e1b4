//! SDK for the digi.me (World Data Exchange) platform: ask a user for consent,
//! then read the data they share, decrypted and verified; push data to them;
//! keep files for them.
//!
//! The way of a read, each step one type:
//!
//! 1. [`Client`] knows application, URLs and limits; [`Contract`] holds the
//!    contract's id and private key.
//! 2. [`Client::authorize_url`] gives an [`Authorization`]: send the user to its
//!    URL, keep the rest.
//! 3. [`Authorization::callback`] checks what the browser brings back and gives
//!    the code; [`Client::exchange_code_for_token`] turns it into a
//!    [`UserAccessToken`]. Store that.
//! 4. [`Client::user`] binds the token to a [`User`], which reads:
//!    [`User::read_session`], [`User::read_all_files`], [`User::read_accounts`], …
//!    It refreshes the token when needed and hands you the new one first.
//!
//! ```no_run
//! use digime::{AuthorizeOptions, Client, Contract, PrivateKey, ReadAllOptions};
//!
//! # async fn flow(pem: &str, callback: &str) -> Result<(), digime::Error> {
//! let client = Client::builder("my-app")
//!     .on_token(|new| println!("store the new token of {}", new.contract_id))
//!     .build()?;
//! let contract = Contract::new("my-contract", PrivateKey::from_pem(pem)?)?;
//!
//! let authorization = client
//!     .authorize_url(&contract, AuthorizeOptions::new("https://app.example/return"))
//!     .await?;
//! // … the browser goes to `authorization.url` and comes back with `callback` …
//! let code = authorization.callback(callback)?.into_code()?;
//! let token =
//!     client.exchange_code_for_token(&contract, code, &authorization.code_verifier).await?;
//!
//! let user = client.user(&contract, token);
//! let all = user
//!     .read_all_files(&authorization.session.key, ReadAllOptions::new())
//!     .collect_all()
//!     .await?;
//! for file in &all.files {
//!     println!("{} ({} bytes)", file.name, file.len());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # All operations
//!
//! | To | call |
//! |---|---|
//! | authorize a user | [`Client::authorize_url`], [`Client::exchange_code_for_token`], [`Client::refresh_token`] |
//! | renew a user whose tokens are dead | [`User::reauthorize_url`] |
//! | connect a further source | [`User::onboard_service_url`] |
//! | log in to an account again | [`User::reauthorize_account_url`] |
//! | withdraw a permission | [`User::revoke_account_permission_url`] |
//! | read | [`User::read_session`], [`User::read_all_files`], [`User::read_file_list`], [`User::read_file`], [`User::read_file_stream`], [`User::read_file_metadata`], [`User::read_accounts`] |
//! | look at data | [`File::objects`] with the views in [`objects`] |
//! | push | [`User::push_to_library`], [`User::push_to_provider`] |
//! | delete | [`User::delete`], [`User::delete_account`] |
//! | report | [`User::portability_report`] |
//! | find sources | [`Client::query_sources`], [`Client::all_sources`], [`Client::sample_data_sets`] |
//! | list what sources are sorted by | [`Client::query_countries`], [`Client::query_platforms`], [`Client::query_categories`], [`Client::query_source_types`], [`Client::services`] |
//! | look at the contract | [`Client::contract_details`] |
//! | keep files | [`Client::create_provisional_storage`], [`User::storage`], [`StorageFiles`] |
//!
//! # What is guaranteed
//!
//! * Every attempt of a request is signed anew; redirects are never followed.
//! * Tokens from the server are verified (PS512 only) with key sets of the API's
//!   own origin, unless [`ClientBuilder::trust_jku`] allows others.
//! * A callback's `state` is checked, in constant time, before anything else.
//! * Keys, tokens, codes and session keys never appear in `Debug`, `Display` or
//!   traces; keys and tokens are wiped from memory.
//! * No answer of a server makes this crate panic or use unbounded memory.
//! * Files are sent and received piece by piece; those of a storage are encrypted
//!   here, with a key of their own each.
//! * Handles made from the same token pair share its refresh ([`Client::user`]).
//!
//! The crate needs a Tokio runtime. Futures may be dropped at any point; a token
//! refresh under way is finished nevertheless.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod accounts;
mod agent;
mod all_files;
mod api_error;
mod authorize;
mod authorize_options;
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
mod body;
mod callback;
mod callback_outcome;
mod client;
mod clock;
mod compression;
mod config;
mod container;
mod content;
mod contract;
mod contract_details;
mod delete;
mod der;
mod discovery;
mod download;
mod endpoint;
mod error;
mod failure;
mod file;
mod file_list;
mod ids;
mod json;
mod jwk;
mod jwt;
mod key_set;
mod known_users;
mod metadata;
pub mod objects;
mod onboard;
mod operation;
mod page_options;
mod pkce;
mod portability;
mod private_key;
mod push_library;
mod push_provider;
mod random;
mod reauthorize;
mod reauthorize_account;
mod reference;
mod retry;
mod revoke;
mod scope;
mod sealing;
mod secret;
mod session;
mod sources_scope;
mod storage;
mod text_enum;
mod token;
mod transport;
mod user;

pub use accounts::{AccessTokenStatus, Account, AccountType};
pub use agent::Agent;
pub use all_files::{AllFiles, AllRead, FileError, ReadAllOptions, ReadEvent};
pub use api_error::{ApiError, ErrorCode};
pub use authorize::{Authorization, State};
pub use authorize_options::AuthorizeOptions;
pub use callback::{CallbackErrorCode, CallbackResult};
pub use callback_outcome::CallbackOutcome;
pub use client::Client;
pub use config::ClientBuilder;
pub use content::Content;
pub use contract::Contract;
pub use contract_details::{AccessType, Application, CertificateType, ContractDetails};
pub use discovery::{
    Address, Authorisation, AuthorisationKind, AvailableServices, Category, CategoryTexts, Country,
    ListQuery, Platform, PublishedStatus, Resource, SampleDataSet, SearchField, Service, ServiceCountry,
    ServiceEntry, ServiceGroupEntry, ServicesQuery, SortOrder, Source, SourceKind, Sources, SourcesPage,
    SourcesQuery,
};
pub use error::{Error, ErrorKind, Result};
pub use file::{File, FileStream, RawFile};
pub use file_list::{AccountError, AccountStatus, FileEntry, FileList, SyncState, SyncStatus};
pub use ids::{
    AccountId, AccountReference, AuthorizationCode, CategoryId, ContractId, CountryId, FileName, PlatformId,
    ServiceId, SessionKey, SourceId, SourceTypeId, StorageId, UserId,
};
pub use metadata::{FileMetadata, MappedMetadata, RawAccount, RawMetadata, Schema};
pub use onboard::{OnboardOptions, Onboarding};
pub use operation::Operation;
pub use page_options::SourceType;
pub use pkce::CodeVerifier;
pub use portability::{PortabilityReportOptions, ReportService};
pub use private_key::PrivateKey;
pub use push_library::PushMetadata;
pub use push_provider::FhirVersion;
pub use reauthorize::ReauthorizeOptions;
pub use reauthorize_account::{AccountReauthorization, ReauthorizeAccountOptions};
pub use retry::RetryPolicy;
pub use revoke::PermissionRevocation;
pub use scope::{Scope, ServiceGroup, ServiceType, TimeRange};
pub use session::{Compression, Session, SessionOptions};
pub use sources_scope::SourcesScope;
pub use storage::{
    Storage, StorageDownload, StorageFile, StorageFiles, StorageFolder, StorageList, StoragePath, Uploaded,
};
pub use token::{Token, TokenRefreshed, TokenUser, TokenValue, UserAccessToken};
pub use user::User;

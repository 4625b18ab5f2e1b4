#![doc = include_str!("guide.md")]
#![deny(missing_docs)]

// Top to bottom: each room imports only what stands below it.
mod admin;
mod api;
#[cfg(feature = "cli")]
pub mod cli;
mod client_report;
pub mod clock;
pub mod config;
mod consent;
pub mod domain;
pub mod durations;
mod embedded;
mod faults;
mod fingerprint;
mod http;
mod journal;
mod jwt;
mod openapi;
mod operations;
pub mod payload;
mod random;
mod sandbox;
mod serve;
mod verify;

pub use client_report::{
    CheckOutcome, CheckReport, ClientCheck, ClientConduct, ClientReport, HostileOutcome, HostileReport,
    Offence,
};
pub use consent::browser::ConsentError;
pub use domain::consent::CallbackErrorCode;
pub use domain::contract::ContractKind;
pub use domain::state::{BindStorageError, Lifetimes};
pub use domain::storage::StorageLimits;
pub use domain::timeline::Timeline;
pub use embedded::mock_server::{MockServer, MockServerBuilder, StartError};
pub use embedded::requests::Requests;
pub use embedded::sandbox_handle::{ConsentVisit, SandboxHandle};
pub use faults::hostile::Hostile;
pub use faults::{Fault, FaultError};
pub use journal::verdict::{CheckResult, Verdict};
pub use journal::{Entry, JournalRefusal};
pub use operations::refusals::DocumentedRefusal;
pub use operations::route::{Area, Operation, ROUTES, Route};
pub use sandbox::credentials::{ApplicationCredentials, BaseUrls, ContractCredentials, Credentials};
pub use serve::listeners::ListenError;

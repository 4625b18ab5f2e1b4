#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod admin;
mod answer;
mod api;
mod call;
pub mod cli;
mod client_report;
pub mod clock;
mod compression;
pub mod config_file;
mod consent;
mod container;
mod container_cache;
pub mod content;
mod contract_certificate;
mod credentials;
mod datasets;
mod dispatch;
pub mod domain;
pub mod durations;
mod faults;
mod fingerprint;
mod hostile;
mod icon;
mod journal;
mod metadata;
mod mock;
mod observer;
mod openapi;
mod random;
mod redact;
mod refusals;
mod reply;
mod request_body;
mod requests;
mod routes;
mod sandbox;
mod sandbox_handle;
mod server;
pub mod settings;
mod signing;
mod verdict;
mod verify;

pub use client_report::{
    CheckOutcome, CheckReport, ClientCheck, ClientConduct, ClientReport, HostileOutcome, HostileReport,
    Offence,
};
pub use consent::browser::ConsentError;
pub use credentials::{BaseUrls, ContractCredentials, Credentials};
pub use domain::consent::CallbackErrorCode;
pub use domain::contract::ContractKind;
pub use domain::state::{BindStorageError, Lifetimes};
pub use domain::storage::StorageLimits;
pub use domain::timeline::Timeline;
pub use faults::{Fault, FaultError};
pub use hostile::Hostile;
pub use journal::{Entry, JournalRefusal};
pub use mock::{MockServer, MockServerBuilder, StartError};
pub use refusals::DocumentedRefusal;
pub use requests::Requests;
pub use routes::{Area, Operation, ROUTES, Route};
pub use sandbox_handle::{ConsentVisit, SandboxHandle};
pub use verdict::{CheckResult, Verdict};

#![doc = include_str!("guide.md")]
#![deny(missing_docs)]

mod admin;
mod answer;
mod api;
mod call;
pub mod cli;
pub mod clock;
mod compression;
pub mod config_file;
mod consent;
mod container;
mod container_cache;
mod credentials;
mod datasets;
mod dispatch;
pub mod domain;
pub mod durations;
mod faults;
mod journal;
mod metadata;
mod mock;
mod random;
mod redact;
mod reply;
mod requests;
mod routes;
mod sandbox;
mod sandbox_handle;
mod server;
pub mod settings;
mod signing;
mod verdict;
mod verify;

pub use consent::browser::ConsentError;
pub use credentials::{BaseUrls, ContractCredentials, Credentials};
pub use domain::consent::CallbackErrorCode;
pub use domain::contract::ContractKind;
pub use domain::state::Lifetimes;
pub use domain::timeline::Timeline;
pub use faults::{Fault, FaultError};
pub use journal::{Entry, JournalRefusal};
pub use mock::{MockServer, MockServerBuilder, StartError};
pub use requests::Requests;
pub use routes::{Area, Operation, ROUTES, Route};
pub use sandbox_handle::{ConsentVisit, SandboxHandle};
pub use verdict::{CheckResult, Verdict};

#![doc = include_str!("../README.md")]
#![deny(missing_docs)]
#![warn(clippy::missing_errors_doc, clippy::missing_panics_doc)]
// The feature alone brings no database that would use it.
#![cfg_attr(
    all(feature = "durable", not(any(feature = "sqlite", feature = "postgres"))),
    allow(dead_code, unused_imports)
)]

mod admin;
mod api;
mod at_rest;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod client_report;
mod clock;
mod config;
mod consent;
mod console;
#[doc(hidden)]
pub mod diagram;
mod domain;
#[cfg(any(test, feature = "durable"))]
mod durable;
mod durations;
mod embedded;
mod faults;
mod fingerprint;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod generations;
mod host_name;
mod http;
mod icon;
mod journal;
mod jwt;
mod open_files;
mod openapi;
mod operations;
#[cfg(any(feature = "cli", feature = "sqlite"))]
mod own_files;
mod payload;
mod random;
mod sandbox;
mod serve;
mod state_file;
mod tls;
mod verify;
#[cfg(feature = "cli")]
mod whole_file;
#[cfg(test)]
mod wycheproof;

pub use clock::SandboxClock;
pub use consent::browser::ConsentError;
pub use domain::consent::CallbackErrorCode;
pub use domain::contract::ContractKind;
pub use domain::lifetimes::Lifetimes;
pub use domain::state::BindStorageError;
pub use domain::storage::StorageLimits;
pub use domain::timeline::Timeline;
pub use embedded::mock_server::{MockServer, MockServerBuilder, StartError};
pub use embedded::requests::Requests;
pub use embedded::sandbox_handle::{ConsentVisit, SandboxHandle};
pub use faults::hostile::Hostile;
pub use faults::{Fault, FaultError};
pub use operations::Operation;
pub use sandbox::credentials::{ApplicationCredentials, BaseUrls, ContractCredentials, Credentials};
pub use serve::listeners::ListenError;

/// The digi.me app on a user's phone, which apps of older generations open.
pub mod phone {
    pub use crate::consent::link::{ConsentEnding, PhoneScreen};
    pub use crate::domain::app_link::{AppLinkError, Intent, IntentResult};
    pub use crate::domain::postbox::PostboxKeyError;
    pub use crate::domain::state::LinkProblem;
    pub use crate::embedded::phone_visit::{Opened, PhoneVisit};
    pub use crate::embedded::postboxes::{CreatePostboxError, Postbox};
}

/// What a server can be told about itself.
pub mod settings {
    pub use crate::config::SettingsError;
    pub use crate::config::admin_token::{AdminToken, AdminTokenError};
    pub use crate::config::branding::{Branding, Colour, Logo, LogoError, NoColour};
    pub use crate::config::listen_host::{ListenHost, ListenHostError};
    pub use crate::config::place::Place;
    pub use crate::config::public_url::{PublicUrl, PublicUrlError};
    pub use crate::config::settings::{
        ApplicationSettings, ContractSettings, ContractSettingsError, LogFormat, SampleDataSettings,
        Settings, StopSettings,
    };
    pub use crate::config::state_key::{StateKey, StateKeyError};
    pub use crate::config::state_place::{DatabaseUrl, DatabaseUrlError, StateError, StatePlace};
    pub use crate::config::tls::{AuthorityPlace, TlsSettings};
    pub use crate::config::trusted_proxy::{TrustedProxy, TrustedProxyError};
    pub use crate::config::web_origin::{WebOrigin, WebOriginError};
    pub use crate::domain::agent::AgentRules;
    pub use crate::domain::pull_options::ContractScope;
    pub use crate::domain::quota::PartnerQuotas;
    pub use crate::serve::https::TlsError;
    pub use crate::tls::authority::AuthorityError;
    pub use crate::tls::certificate::{CertificateChain, CertificateError, TlsKey};
    pub use crate::tls::name::{TlsName, TlsNameError};
}

/// The forms in which private keys are given out.
pub mod keys {
    pub use crate::payload::key_format::{KeyFormat, KeyFormatError, P12_PASSWORD, UnwritableKey};
}

/// What runs scenarios for the console; `digime-scenarios console` brings it.
pub mod scenarios {
    pub use crate::http::scenario_runner::{
        ScenarioInfo, ScenarioList, ScenarioOutcome, ScenarioResult, ScenarioRun, ScenarioRunner,
        StartRunError,
    };
}

/// How well clients keep the platform's contract, as their traffic shows it.
pub mod conduct {
    pub use crate::client_report::{
        CheckOutcome, CheckReport, ClientCheck, ClientConduct, ClientReport, HostileOutcome, HostileReport,
        Offence,
    };
}

/// A whole sandbox as a file, and a sandbox made of one.
pub mod state {
    pub use crate::domain::unavailable::Unavailable;
    pub use crate::embedded::state::{ExportOptions, ExportStateError, ImportStateError, check};
    pub use crate::sandbox::transfer::ImportError;
    pub use crate::state_file::StateFileError;
}

/// The requests that a sandbox saw, and how they were judged.
pub mod requests {
    pub use crate::domain::refusal::RefusalCode;
    pub use crate::journal::check::Check;
    pub use crate::journal::verdict::{CheckResult, Verdict};
    pub use crate::journal::{Entry, JournalRefusal};
}

/// Everything that the server can be asked for.
pub mod routes {
    pub use crate::operations::generation::{Generation, Generations};
    pub use crate::operations::refusals::DocumentedRefusal;
    pub use crate::operations::route::{Area, BodyMode, Route};
    pub use crate::serve::endpoints::routes as all;
}

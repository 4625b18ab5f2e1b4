#![doc = include_str!("../README.md")]
#![deny(missing_docs)]
#![warn(clippy::missing_errors_doc, clippy::missing_panics_doc)]

// From the top down: a room imports only what stands below it.
mod assert;
#[cfg(feature = "cli")]
pub mod cli;
mod clock;
mod compare;
#[cfg(all(feature = "embedded", feature = "reports"))]
mod console;
mod context;
mod document;
mod format;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod position;
mod random;
mod record;
mod redaction;
pub mod report;
mod run;
mod snapshot;
mod step;
#[cfg(feature = "embedded")]
mod suite;
mod target;
#[cfg(feature = "cli")]
mod transcribe;
mod whole_file;
mod yaml;

pub use compare::{Difference, Drift, StepDrift, Verification, VerifiedOperation, VerifiedResult};
#[cfg(all(feature = "embedded", feature = "reports"))]
pub use console::{ConsoleRunner, ScenarioFolder};
pub use document::FileError;
pub use format::{ContractKind, UnknownContractKind};
pub use position::{Place, Position, SourceFile};
pub use redaction::{Redaction, Transcript};
pub use run::{Progress, ProgressListener, RunError, RunOptions, StopSignal, TargetOptions, run};
pub use snapshot::SnapshotMode;
#[cfg(feature = "embedded")]
pub use suite::test_folder;
pub use target::{
    AdminToken, AdminTokenError, CaCertificates, CaCertificatesError, ContractOptions, ServerOptions,
    TargetError,
};

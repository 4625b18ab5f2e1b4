#![doc = include_str!("guide.md")]
#![deny(missing_docs)]

mod action;
mod assertion;
pub mod cli;
mod clock;
mod content;
mod drift;
mod format;
mod load;
mod operation;
mod position;
mod random;
mod record;
mod redaction;
pub mod report;
mod run;
mod scene;
mod snapshot;
#[cfg(feature = "embedded")]
mod suite;
mod target;
mod template;
mod transcribe;
mod transcript;
mod verify;
mod yaml;

pub use drift::{Drift, StepDrift};
pub use load::FileError;
pub use position::{Place, Position, SourceFile};
pub use redaction::Redaction;
pub use run::{RunError, RunOptions, TargetOptions, run};
pub use snapshot::SnapshotMode;
#[cfg(feature = "embedded")]
pub use suite::test_folder;
pub use target::{ContractOptions, ServerOptions, TargetError};
pub use transcript::Transcript;
pub use verify::{Difference, Verification, VerifiedOperation, VerifiedResult};

//! Scenario files: read, checked, and joined with the flows that they reuse.

mod error;
mod generations;
mod load;
mod names;
mod scenario;
#[cfg(any(feature = "cli", test))]
mod schema;
mod step;

pub use error::FileError;
pub(crate) use load::{LoadedFile, LoadedFolder, is_hidden, load};
#[cfg(any(test, fuzzing))]
pub(crate) use load::{Reading, load_text};
#[cfg(feature = "cli")]
pub(crate) use schema::schema;
pub(crate) use step::{StepKind, StepOptions};

//! A whole sandbox as a file, and a sandbox made of one.

mod export;
mod import;
mod target;

pub(crate) use export::StateExport;
pub use import::ImportError;
pub(crate) use import::{Imported, StateImport};

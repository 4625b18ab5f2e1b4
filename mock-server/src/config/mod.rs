//! Settings: what they are, and where they come from.

pub mod file;
pub mod settings;

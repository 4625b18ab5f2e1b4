//! Sources and the tables that describe them (protocol reference, http-api §6 and objects §5).

pub(super) mod categories;
pub(super) mod countries;
mod include;
pub(super) mod platforms;
pub(super) mod sample_datasets;
pub(super) mod services;
mod source;
pub(super) mod source_types;
pub(super) mod sources;
mod tables;

//! Pushing data to a library or to a provider (protocol reference, http-api §5.1–5.2).

pub(crate) mod library;
pub(crate) mod provider;

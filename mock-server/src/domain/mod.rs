//! The platform's behaviour in plain Rust: no HTTP, no sockets; time is handed in.

pub mod agent;
pub mod catalogue_query;
pub mod contract;
pub mod library;
pub mod lifeline;
pub mod listing;
pub mod nonce;
pub mod portability;
pub mod pull_options;
pub mod pushed;
pub mod redirect;
pub mod refusal;
pub mod refusal_code;
pub mod session;
pub mod source_query;
pub mod state;
pub mod storage;
pub mod storage_path;
pub mod timeline;
pub mod token;

pub(crate) mod code;
pub(crate) mod consent;

//! The platform's behaviour in plain Rust: no HTTP, no sockets; time is handed in.

pub(crate) mod agent;
pub(crate) mod alias;
pub(crate) mod app_link;
pub(crate) mod catalogue_query;
pub(crate) mod contract;
mod key_text;
pub(crate) mod library;
pub(crate) mod lifeline;
pub(crate) mod lifetimes;
pub(crate) mod listing;
pub(crate) mod nonce;
pub(crate) mod portability;
pub(crate) mod postbox;
pub(crate) mod pull_options;
pub(crate) mod pushed;
pub(crate) mod quota;
pub(crate) mod redirect;
pub(crate) mod refusal;
pub(crate) mod session;
pub(crate) mod source_query;
pub(crate) mod state;
pub(crate) mod storage;
pub(crate) mod storage_path;
#[cfg_attr(not(feature = "durable"), allow(dead_code))]
pub(crate) mod table;
pub(crate) mod timeline;
pub(crate) mod token;
pub(crate) mod unavailable;

pub(crate) mod code;
pub(crate) mod consent;

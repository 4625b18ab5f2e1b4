//! Tokens: those of a user, and the key sets that verify those of the server.

pub(crate) mod key_set;
pub(crate) mod key_set_cache;
pub(crate) mod listener;
pub(crate) mod pkce;
pub(crate) mod server_token;
pub(crate) mod token;
pub(crate) mod trusted_key_sets;

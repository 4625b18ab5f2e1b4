//! Tokens: those of a user, and the key sets that verify those of the server.

pub(crate) mod key_set;
pub(crate) mod listener;
pub(crate) mod pkce;
pub(crate) mod token;

//! The JWTs of clients: their form and claims. Nothing here knows a sandbox.

pub(crate) mod bearer;
pub(crate) mod claims;
pub(crate) mod lifetime;
pub(crate) mod nonce;
pub(crate) mod pkce;
pub(crate) mod presented;
pub(crate) mod timestamp;
pub(crate) mod unverified;

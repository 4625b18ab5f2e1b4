//! Keys, secrets, and the cryptography of tokens and files.

pub(crate) mod container;
pub(crate) mod der;
pub(crate) mod jwk;
pub(crate) mod private_key;
pub(crate) mod random;
pub(crate) mod sealing;
pub(crate) mod secret;
#[cfg(test)]
mod wycheproof;

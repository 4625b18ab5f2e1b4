//! Certificates and keys of a server that speaks https. It knows no settings: names, folders and the present
//! are handed in.

pub(crate) mod authority;
pub(crate) mod certificate;
pub(crate) mod name;
pub(crate) mod protocol;

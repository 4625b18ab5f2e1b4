//! Verification of a request: small named checks in a fixed order, each of which writes to the
//! verdict trace.

pub(crate) mod cloud;
pub(crate) mod request;

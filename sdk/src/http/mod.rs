//! One request on its way: signed, sent, repeated, read within limits. Knows no operation.

pub(crate) mod body;
pub(crate) mod content;
pub(crate) mod endpoint;
pub(crate) mod failure;
pub(crate) mod json;
pub(crate) mod jwt;
pub(crate) mod observer;
pub(crate) mod proxy;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod retry;
pub(crate) mod transport;

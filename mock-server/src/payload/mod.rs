//! The bytes of files and tokens: content, compression, the encrypted container, signatures, and keys as files.

pub(crate) mod arriving;
mod compressing;
pub(crate) mod compression;
pub(crate) mod container;
pub(crate) mod container_cache;
pub(crate) mod content;
pub(crate) mod envelope;
pub(crate) mod key_format;
mod pkcs12;
pub(crate) mod postbox;
pub(crate) mod signing;
pub(crate) mod signing_keys;
pub(crate) mod x_metadata;

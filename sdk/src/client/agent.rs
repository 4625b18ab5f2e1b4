//! The `agent` object: which SDK is calling (protocol reference, http-api §1.6).

use serde::Serialize;

/// Name and version under which this SDK announces itself.
///
/// The platform keeps a list of agents it accepts and answers `SDKInvalid` or
/// `SDKVersionInvalid` to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Agent {
    pub(crate) sdk: Sdk,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Sdk {
    name: String,
    pub(crate) version: String,
    meta: serde_json::Map<String, serde_json::Value>,
}

impl Agent {
    /// An agent of any name and version.
    #[must_use]
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self { sdk: Sdk { name: name.into(), version: version.into(), meta: serde_json::Map::new() } }
    }
}

impl Default for Agent {
    /// `rust`, in the version of this crate.
    fn default() -> Self {
        Self::new("rust", env!("CARGO_PKG_VERSION"))
    }
}

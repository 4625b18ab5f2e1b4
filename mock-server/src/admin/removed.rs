//! What is gone.

use schemars::JsonSchema;
use serde::Serialize;

/// What is gone.
#[derive(Serialize, JsonSchema)]
pub(super) struct Removed {
    /// Its id.
    pub(super) removed: String,
}

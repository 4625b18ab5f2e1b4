//! The value that binds a callback to the flow that it ends
//! (protocol reference, consent-web §5).

use crate::crypto::secret::secret_newtype;

secret_newtype! {
    /// The `state` that binds a callback to its authorization.
    State
}

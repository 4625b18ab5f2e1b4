//! What an operation comes to if the state is in a database that cannot be reached.

use std::time::Duration;

use super::consent::{CallbackErrorCode, ConsentProblem};
use super::refusal::{Refusal, RefusalCode};
use super::state::{BindStorageError, LinkProblem};

/// The state of the sandbox cannot be reached just now; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the state of the sandbox cannot be reached just now; nothing was changed")]
pub struct Unavailable;

impl From<Unavailable> for Refusal {
    fn from(unavailable: Unavailable) -> Self {
        let message = "The service is unavailable for a moment";
        Self::new(503, RefusalCode::ServiceUnavailable, message, unavailable.to_string())
            .retry_after(Duration::from_secs(1))
    }
}

impl From<Unavailable> for ConsentProblem {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

/// A page that is not decided for it leads to the same once more, and then to no callback.
impl From<Unavailable> for CallbackErrorCode {
    fn from(_: Unavailable) -> Self {
        Self::ServerError
    }
}

impl From<Unavailable> for LinkProblem {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl From<Unavailable> for BindStorageError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

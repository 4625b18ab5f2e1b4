//! What a download hangs on: once it is cut, bytes that are still on their way end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by an account, or a user, and the downloads of their files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lifeline(Arc<AtomicBool>);

impl Lifeline {
    /// Ends everything that hangs on it.
    pub(crate) fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody else has it too.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn is_held(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Whether it was cut.
    pub(crate) fn is_cut(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

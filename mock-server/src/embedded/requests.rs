//! What a test asks of the journal.

use std::sync::Arc;

use crate::journal::Entry;
use crate::operations::Operation;

/// The requests of a sandbox, oldest first.
#[derive(Clone, Debug)]
pub struct Requests {
    pub(crate) entries: Vec<Arc<Entry>>,
    pub(crate) narrowed_to: Option<Operation>,
}

impl Requests {
    /// Only the requests of one operation.
    #[must_use]
    pub fn of(&self, operation: Operation) -> Self {
        Self { entries: self.entries.clone(), narrowed_to: Some(operation) }
    }

    /// The requests.
    pub fn list(&self) -> Vec<&Entry> {
        let wanted = |entry: &&Entry| self.narrowed_to.is_none() || entry.operation == self.narrowed_to;
        self.entries.iter().map(AsRef::as_ref).filter(wanted).collect()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.list().len()
    }

    /// The requests that were refused.
    pub fn refused(&self) -> Vec<&Entry> {
        self.list().into_iter().filter(|entry| entry.refusal.is_some()).collect()
    }

    /// Fails the test unless there are exactly this many.
    ///
    /// # Panics
    /// If there are more or fewer; the text tells what came instead, with the verdict traces.
    #[allow(clippy::panic)]
    #[track_caller]
    pub fn expect(&self, count: usize) {
        if self.count() != count {
            let name = self.narrowed_to.map_or("any operation", Operation::name);
            panic!("expected {count} requests of {name}, saw {}:\n{}", self.count(), self.trace());
        }
    }

    /// Fails the test if any was refused.
    ///
    /// # Panics
    /// With the verdict traces of the refused requests.
    #[allow(clippy::panic)]
    #[track_caller]
    pub fn expect_no_refusal(&self) {
        let refused: String = self.refused().iter().map(ToString::to_string).collect();
        if !refused.is_empty() {
            panic!("requests were refused:\n{refused}");
        }
    }

    /// Every request of the sandbox, whatever it is narrowed to: the near misses matter too.
    fn trace(&self) -> String {
        self.entries.iter().map(ToString::to_string).collect()
    }
}

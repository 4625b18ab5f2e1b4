//! How a whole session is read.

use std::time::Duration;

/// Options of [`User::read_all_files`](crate::User::read_all_files).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadAllOptions {
    pub(super) concurrency: usize,
    pub(super) poll_interval: Duration,
    pub(super) deadline: Option<Duration>,
}

impl Default for ReadAllOptions {
    fn default() -> Self {
        Self {
            concurrency: 5,
            poll_interval: Duration::from_secs(3),
            deadline: Some(Duration::from_secs(30 * 60)),
        }
    }
}

impl ReadAllOptions {
    /// Five downloads at a time, a list every 3 s, 30 minutes in all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Downloads at a time, at least 1. Default 5.
    #[must_use]
    pub fn concurrency(mut self, downloads: usize) -> Self {
        self.concurrency = downloads.max(1);
        self
    }

    /// Wait between two reads of the file list. Default 3 s, as the official SDK.
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// Longest time for the whole read; past it the stream ends with
    /// [`ErrorKind::Deadline`](crate::ErrorKind::Deadline). Default 30 min.
    #[must_use]
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    /// Reads until the session is complete, however long that takes.
    #[must_use]
    pub fn no_deadline(mut self) -> Self {
        self.deadline = None;
        self
    }
}

//! How many files and connections the process may have open, and how many of each kind. Connections leave some for
//! what serves them: a request that comes through must not fail for want of a file descriptor.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

/// At least how many are neither connections nor contents: the program's own, and files that are read.
const RESERVE: usize = 32;

/// The limit of the process; it has none to go by unless one is set.
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);
/// How many temporary files of contents there are.
static CONTENTS: AtomicUsize = AtomicUsize::new(0);

/// Says how many may be open in all.
#[cfg(all(unix, feature = "cli"))]
pub(crate) fn limit_to(limit: usize) {
    LIMIT.store(limit, Ordering::Relaxed);
}

/// How many may be open in all; none if no limit was set.
pub(crate) fn limit() -> Option<usize> {
    Some(LIMIT.load(Ordering::Relaxed)).filter(|limit| *limit != usize::MAX)
}

/// How many connections there may be.
pub(crate) fn most_connections() -> usize {
    let limit = LIMIT.load(Ordering::Relaxed);
    limit.saturating_sub(most_contents()).saturating_sub((limit / 8).max(RESERVE)).max(1)
}

/// How many contents may wait in temporary files.
fn most_contents() -> usize {
    LIMIT.load(Ordering::Relaxed) / 8
}

/// The place of a temporary file, until it is dropped.
#[derive(Debug)]
pub(crate) struct ContentPlace(());

impl ContentPlace {
    /// A place for one more.
    ///
    /// # Errors
    /// If there are as many as there may be.
    pub(crate) fn take() -> io::Result<Self> {
        let most = most_contents();
        let one_more = |count: usize| Some(count + 1).filter(|count| *count <= most);
        match CONTENTS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more) {
            Ok(_) => Ok(Self(())),
            Err(_) => Err(io::Error::other(format!(
                "{most} files wait already, as many as the limit of open files allows (ulimit -n raises it)"
            ))),
        }
    }
}

impl Drop for ContentPlace {
    fn drop(&mut self) {
        CONTENTS.fetch_sub(1, Ordering::Relaxed);
    }
}

//! The one file that reads time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Counts the time since it was started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[allow(clippy::disallowed_methods)]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Milliseconds since 1970, the unit of a request's `timestamp` claim.
#[allow(clippy::disallowed_methods)]
pub(crate) fn unix_millis() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

/// Now, as reports write it.
pub(crate) fn timestamp() -> String {
    Timestamp::from_millisecond(unix_millis()).unwrap_or_default().to_string()
}

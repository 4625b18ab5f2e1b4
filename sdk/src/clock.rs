//! The one file that reads time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Wall-clock time of this host.
#[allow(clippy::disallowed_methods)]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// Monotonic time, for deadlines and ages.
#[allow(clippy::disallowed_methods)]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// Milliseconds since 1970, the unit of a request's `timestamp` claim.
pub(crate) fn unix_millis() -> u64 {
    let elapsed = now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// Seconds since 1970, the unit of `exp`, `nbf` and token expiries.
pub(crate) fn unix_seconds() -> i64 {
    i64::try_from(unix_millis() / 1000).unwrap_or(i64::MAX)
}

/// A time in whole seconds since 1970.
pub(crate) fn seconds_of(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |s| -s),
    }
}

/// The time a number of seconds after 1970, if this platform can express it.
pub(crate) fn from_unix_seconds(seconds: i64) -> Option<SystemTime> {
    match u64::try_from(seconds) {
        Ok(after) => UNIX_EPOCH.checked_add(Duration::from_secs(after)),
        Err(_) => UNIX_EPOCH.checked_sub(Duration::from_secs(seconds.unsigned_abs())),
    }
}

/// The time a number of milliseconds after 1970, if this platform can express it.
pub(crate) fn from_unix_millis(millis: i64) -> Option<SystemTime> {
    match u64::try_from(millis) {
        Ok(after) => UNIX_EPOCH.checked_add(Duration::from_millis(after)),
        Err(_) => UNIX_EPOCH.checked_sub(Duration::from_millis(millis.unsigned_abs())),
    }
}

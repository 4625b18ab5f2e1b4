//! When to try again, and how long to wait first
//! (protocol reference, README §6).

use std::time::{Duration, SystemTime};

use http::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::clock;
use crate::crypto::random;

/// Retry rules for requests that may be repeated: GET, HEAD, DELETE, and the
/// discovery queries. Any other POST starts or stores something and is never
/// repeated after a failure.
///
/// The defaults are those of the official SDK: three attempts in all, about one
/// and two seconds apart, on connection failures and on statuses 408, 413, 429,
/// 500, 502, 503, 504, 521, 522 and 524; a `Retry-After` of the server wins.
/// Every attempt is signed anew.
///
/// ```
/// use std::time::Duration;
/// use digime::RetryPolicy;
///
/// let patient = RetryPolicy::default().attempts(5).base_delay(Duration::from_millis(200));
/// let never = RetryPolicy::never();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    attempts: u32,
    base_delay: Duration,
    max_delay: Duration,
    jitter: Duration,
    max_retry_after: Duration,
    budget: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            base_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(30),
            jitter: Duration::from_millis(100),
            max_retry_after: Duration::from_secs(60),
            budget: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// One attempt only.
    #[must_use]
    pub fn never() -> Self {
        Self::default().attempts(1)
    }

    /// Requests in all, the first included; at least 1. Default 3.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Wait before the second attempt; doubled for each further one. Default 1 s.
    #[must_use]
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// Longest computed wait. Default 30 s.
    #[must_use]
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Random time added to a computed wait, up to this much. Default 100 ms.
    #[must_use]
    pub fn jitter(mut self, jitter: Duration) -> Self {
        self.jitter = jitter;
        self
    }

    /// Longest `Retry-After` that is waited for. A longer one ends the call at
    /// once; the error tells it ([`crate::Error::retry_after`]). Default 60 s.
    #[must_use]
    pub fn max_retry_after(mut self, delay: Duration) -> Self {
        self.max_retry_after = delay;
        self
    }

    /// Time one call may spend waiting between attempts, all waits together.
    /// Default 120 s.
    #[must_use]
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// The wait before the next attempt, or `None` to give up.
    pub(crate) fn wait_before_next(
        &self,
        made: u32,
        asked: Option<Duration>,
        waited: Duration,
    ) -> Option<Duration> {
        if made >= self.attempts {
            return None;
        }
        let wait = match asked {
            Some(asked) if asked > self.max_retry_after => return None,
            Some(asked) if !asked.is_zero() => asked,
            _ => self.computed(made),
        };
        (waited.saturating_add(wait) <= self.budget).then_some(wait)
    }

    fn computed(&self, made: u32) -> Duration {
        // Clients that failed together must not come back together, hence the jitter.
        let factor = 1u32.checked_shl(made.saturating_sub(1)).unwrap_or(u32::MAX);
        let backoff = self.base_delay.saturating_mul(factor).min(self.max_delay);
        backoff.saturating_add(self.jitter.mul_f64(random::fraction()))
    }
}

/// Statuses that are worth another attempt. 413 only with a `Retry-After`.
pub(crate) fn is_transient(status: u16, asked: Option<Duration>) -> bool {
    match status {
        413 => asked.is_some(),
        408 | 429 | 500 | 502 | 503 | 504 | 521 | 522 | 524 => true,
        _ => false,
    }
}

/// `Retry-After`, as seconds or as an HTTP date. A date is compared with the
/// server's own `Date`, so that a wrong clock on this host does not matter.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = server_date(headers).unwrap_or_else(clock::now);
    Some(until.duration_since(now).unwrap_or(Duration::ZERO))
}

/// The server's `Date` header.
pub(crate) fn server_date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> RetryPolicy {
        RetryPolicy::default().jitter(Duration::ZERO)
    }

    #[test]
    fn waits_double_and_end_with_the_attempts() {
        let wait = |made| policy().wait_before_next(made, None, Duration::ZERO);
        assert_eq!(wait(1), Some(Duration::from_secs(1)));
        assert_eq!(wait(2), Some(Duration::from_secs(2)));
        assert_eq!(wait(3), None);
        let many = policy().attempts(u32::MAX);
        assert_eq!(many.wait_before_next(200, None, Duration::ZERO), Some(Duration::from_secs(30)));
    }

    #[test]
    fn a_servers_wait_wins_up_to_the_cap_and_within_the_budget() {
        let wait = |asked, waited| {
            policy().wait_before_next(1, Some(Duration::from_secs(asked)), Duration::from_secs(waited))
        };
        assert_eq!(wait(7, 0), Some(Duration::from_secs(7)));
        assert_eq!(wait(0, 0), Some(Duration::from_secs(1)), "zero falls back");
        assert_eq!(wait(61, 0), None);
        assert_eq!(wait(60, 61), None);
        assert_eq!(wait(u64::MAX, 0), None);
    }

    #[test]
    fn jitter_stays_in_its_range() {
        for _ in 0..200 {
            let wait = RetryPolicy::default().computed(1);
            assert!(wait >= Duration::from_secs(1) && wait <= Duration::from_millis(1100));
        }
    }

    #[test]
    fn dates_are_relative_to_the_servers_clock() {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, "Sat, 21 Nov 2015 10:00:00 GMT".parse().unwrap());
        headers.insert(RETRY_AFTER, "Sat, 21 Nov 2015 10:00:09 GMT".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(9)));
        for garbage in ["soon", "-1", "1.5", "", "99999999999999999999999"] {
            headers.insert(RETRY_AFTER, garbage.parse().unwrap());
            let asked = retry_after(&headers);
            assert!(asked.is_none_or(|asked| asked == Duration::from_secs(u64::MAX)), "{garbage}");
        }
    }

    #[test]
    fn only_the_documented_statuses_are_transient() {
        let transient: Vec<u16> = (100..600).filter(|status| is_transient(*status, None)).collect();
        assert_eq!(transient, [408, 429, 500, 502, 503, 504, 521, 522, 524]);
        assert!(is_transient(413, Some(Duration::from_secs(1))));
    }
}

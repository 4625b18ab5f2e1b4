//! The only file that reads time.
//!
//! Lifetimes run on a sandbox's own [`SandboxClock`], which can be moved. A client's `timestamp` is
//! fresh by that or by [`Moment::real`], so that moving a sandbox never breaks an honest client.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A point in time, in milliseconds since 1970 (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Moment(i64);

impl Moment {
    /// What the machine's clock says.
    #[allow(clippy::disallowed_methods)]
    pub fn real() -> Self {
        Self(jiff::Timestamp::now().as_millisecond())
    }

    /// A moment from milliseconds since 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970: the unit of `session.expiry` and `updatedDate`.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970: the unit of `expires_on`.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This moment, `duration` later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(to_millis(duration)))
    }

    /// This moment, `duration` earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(to_millis(duration)))
    }

    /// How long after `earlier` this moment is; zero if it is not later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The calendar form; the ends of time stand in for what a calendar cannot express.
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }

    /// The day in UTC.
    pub fn date(self) -> jiff::civil::Date {
        self.timestamp().to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// The form of an HTTP date header.
    pub fn http_date(self) -> String {
        self.timestamp().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }
}

/// A stopwatch for the log and the journal; it never decides anything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[allow(clippy::disallowed_methods)]
    pub(crate) fn start() -> Self {
        Self(std::time::Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// The clock of one sandbox: real time plus an offset that only grows.
///
/// It never goes back, whatever the machine's clock does: a session that was seen completed stays so.
/// Only [`SandboxClock::reset`] takes it back, together with everything that the sandbox has seen.
#[derive(Debug)]
pub struct SandboxClock {
    real: fn() -> Moment,
    hands: Mutex<Hands>,
}

#[derive(Debug)]
struct Hands {
    /// What the machine's clock said last.
    seen: Moment,
    /// By how much the machine's clock was set back since, in milliseconds.
    set_back: i64,
    /// By how much the sandbox was moved, in milliseconds.
    moved: i64,
}

/// The furthest that a sandbox's clock can be moved, in years of 365 days.
const FURTHEST_YEARS: u64 = 1000;

impl Default for SandboxClock {
    fn default() -> Self {
        Self::of(Moment::real)
    }
}

impl SandboxClock {
    fn of(real: fn() -> Moment) -> Self {
        Self { real, hands: Mutex::new(Hands { seen: real(), set_back: 0, moved: 0 }) }
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sandbox's present.
    pub fn now(&self) -> Moment {
        let mut hands = self.hands();
        // Read under the lock, so that no other thread's later reading comes in between.
        let real = (self.real)();
        hands.set_back = hands.set_back.saturating_add(hands.seen.0.saturating_sub(real.0).max(0));
        hands.seen = real;
        hands.at(real)
    }

    /// What the sandbox's clock said, by its present offset, when real time was `real`.
    pub(crate) fn at(&self, real: Moment) -> Moment {
        self.hands().at(real)
    }

    /// Moves the sandbox's present forward, by at most a thousand years in all.
    pub fn advance(&self, by: Duration) {
        let furthest = to_millis(Duration::from_secs(FURTHEST_YEARS * 365 * 24 * 3600));
        let mut hands = self.hands();
        hands.moved = hands.moved.saturating_add(to_millis(by)).min(furthest);
    }

    /// How far the sandbox was moved ahead of real time.
    pub fn offset(&self) -> Duration {
        Duration::from_millis(self.hands().moved.unsigned_abs())
    }

    /// Back to real time.
    pub fn reset(&self) {
        *self.hands() = Hands { seen: (self.real)(), set_back: 0, moved: 0 };
    }
}

impl Hands {
    fn at(&self, real: Moment) -> Moment {
        Moment(real.0.saturating_add(self.set_back).saturating_add(self.moved))
    }
}

fn to_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_moved_clock_is_ahead_by_what_it_was_moved() {
        let clock = SandboxClock::default();
        clock.advance(Duration::from_secs(3600));
        let ahead = clock.now().since(Moment::real());
        assert!(ahead >= Duration::from_secs(3599) && ahead <= Duration::from_secs(3600));
        clock.reset();
        assert_eq!(clock.offset(), Duration::ZERO);
    }

    thread_local! {
        static MACHINE: Cell<i64> = const { Cell::new(0) };
    }

    /// A clock of a machine that the test sets.
    fn of_machine() -> SandboxClock {
        SandboxClock::of(|| Moment::from_millis(MACHINE.get()))
    }

    #[test]
    fn a_clock_goes_on_when_the_machine_is_set_back() {
        MACHINE.set(100_000);
        let clock = of_machine();
        MACHINE.set(110_000);
        assert_eq!(clock.now().millis(), 110_000);
        MACHINE.set(108_000);
        assert_eq!(clock.now().millis(), 110_000);
        MACHINE.set(108_500);
        assert_eq!(clock.now().millis(), 110_500, "it does not stand still until the machine is there again");
        clock.advance(Duration::from_secs(60));
        assert_eq!((clock.now().millis(), clock.offset().as_secs()), (170_500, 60));
        MACHINE.set(0);
        assert_eq!(clock.now().millis(), 170_500);
        clock.reset();
        assert_eq!((clock.now().millis(), clock.offset()), (0, Duration::ZERO));
    }

    #[test]
    fn no_thread_sees_a_clock_go_back() {
        let clock = SandboxClock::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut before = clock.now();
                    for _ in 0..1000 {
                        let now = clock.now();
                        assert!(now >= before);
                        before = now;
                    }
                });
            }
        });
    }

    #[test]
    fn moving_the_clock_by_any_amount_never_overflows() {
        let clock = SandboxClock::default();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert!(clock.now() > Moment::real());
        assert!(clock.now().http_date().ends_with("GMT"));
    }

    #[test]
    fn an_http_date_is_in_gmt() {
        assert_eq!(Moment::from_millis(1_767_225_600_000).http_date(), "Thu, 01 Jan 2026 00:00:00 GMT");
    }
}

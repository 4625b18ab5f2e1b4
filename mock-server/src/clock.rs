//! The only file that reads time.
//!
//! Lifetimes run on a sandbox's own [`SandboxClock`], which can be moved. A client's `timestamp` is
//! fresh by that or by [`Moment::real`], so that moving a sandbox never breaks an honest client.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time, in milliseconds since 1970 (UTC).
///
/// Rows and files say it as people read it, `2026-01-01T00:00:00.000Z`; in milliseconds only where no calendar
/// reaches. Both are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => serializer.collect_str(&format_args!("{time:.3}")),
            Err(_) => serializer.serialize_i64(self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a time such as 2026-01-01T00:00:00.000Z")]
        enum Said {
            Millis(i64),
            Time(jiff::Timestamp),
        }
        Ok(match Said::deserialize(deserializer)? {
            Said::Millis(millis) => Self(millis),
            Said::Time(time) => Self(time.as_millisecond()),
        })
    }
}

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

/// Real time, as all servers that share a state have it: the machine's clock, put right by the database's.
#[derive(Clone, Debug)]
pub(crate) struct RealTime {
    machine: fn() -> Moment,
    /// By how much a test has the machine's clock be wrong, in milliseconds.
    wrong_by: i64,
    /// What is added to the machine's clock, in milliseconds.
    correction: Arc<AtomicI64>,
}

/// What the shared clock said between two moments of the machine's.
#[cfg(any(test, feature = "durable"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClockReading {
    pub(crate) asked: Moment,
    pub(crate) told: Moment,
    pub(crate) answered: Moment,
}

/// By how much two clocks may differ before one is put right: each correction is a leap.
#[cfg(any(test, feature = "durable"))]
const TOLERANCE: i64 = 50;

impl RealTime {
    /// The machine's clock, which a test has be wrong by this much.
    pub(crate) fn wrong_by(wrong_by: Duration) -> Self {
        Self { wrong_by: to_millis(wrong_by), ..Self::of(Moment::real) }
    }

    fn of(machine: fn() -> Moment) -> Self {
        Self { machine, wrong_by: 0, correction: Arc::default() }
    }

    /// Real time.
    pub(crate) fn now(&self) -> Moment {
        Moment(self.of_machine().0.saturating_add(self.correction.load(Ordering::Relaxed)))
    }

    /// What the machine's clock says.
    pub(crate) fn of_machine(&self) -> Moment {
        Moment((self.machine)().0.saturating_add(self.wrong_by))
    }

    /// Follows the shared clock, if it is certain that it says something else.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn follow(&self, reading: ClockReading) {
        let before = self.correction.load(Ordering::Relaxed);
        let correction = reading.told.0 - (reading.asked.0 + reading.answered.0) / 2;
        if (correction - before).abs() > reading.uncertainty() + TOLERANCE {
            self.correction.store(correction, Ordering::Relaxed);
            tracing::info!("real time is the database's, {correction} ms from this machine's clock");
        }
    }
}

#[cfg(any(test, feature = "durable"))]
impl ClockReading {
    /// How far it may be off, in milliseconds.
    pub(crate) fn uncertainty(&self) -> i64 {
        (self.answered.0 - self.asked.0).abs() / 2
    }
}

/// The clock of one sandbox: real time plus an offset that only grows.
///
/// It never goes back, whatever the machine's clock does: a session that was seen completed stays so.
/// Only [`SandboxClock::reset`] takes it back, together with everything that the sandbox has seen.
#[derive(Debug)]
pub struct SandboxClock {
    real: RealTime,
    hands: Mutex<Hands>,
}

#[derive(Debug)]
struct Hands {
    /// The latest real time.
    seen: Moment,
    /// By how much real time was set back since, in milliseconds.
    set_back: i64,
    /// By how much the sandbox was moved, in milliseconds.
    moved: i64,
}

/// For how long a sandbox's clock stands still, in milliseconds, when real time is set back: it is then what all
/// servers have again, where one that goes on would be ahead of them for good.
const LONGEST_STOP: i64 = 1000;
/// The furthest that a sandbox's clock can be moved, in years of 365 days.
const FURTHEST_YEARS: u64 = 1000;

impl Default for SandboxClock {
    fn default() -> Self {
        Self::of(RealTime::of(Moment::real))
    }
}

impl SandboxClock {
    pub(crate) fn of(real: RealTime) -> Self {
        let hands = Hands { seen: real.now(), set_back: 0, moved: 0 };
        Self { real, hands: Mutex::new(hands) }
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sandbox's present.
    pub fn now(&self) -> Moment {
        let mut hands = self.hands();
        // Read under the lock, so that no other thread's later reading comes in between.
        let real = self.real.now();
        let back = hands.seen.0.saturating_sub(real.0);
        if (1..=LONGEST_STOP).contains(&back) {
            return hands.at(hands.seen);
        }
        hands.set_back = hands.set_back.saturating_add(back.max(0));
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
        *self.hands() = Hands { seen: self.real.now(), set_back: 0, moved: 0 };
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
        SandboxClock::of(RealTime::of(|| Moment::from_millis(MACHINE.get())))
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
    fn a_clock_stands_still_for_a_moment_rather_than_be_ahead_for_good() {
        MACHINE.set(100_000);
        let clock = of_machine();
        MACHINE.set(99_400);
        assert_eq!(clock.now().millis(), 100_000);
        MACHINE.set(100_300);
        assert_eq!(clock.now().millis(), 100_300);
    }

    #[test]
    fn real_time_follows_the_shared_clock_where_that_certainly_differs() {
        MACHINE.set(100_000);
        let real = RealTime::of(|| Moment::from_millis(MACHINE.get()));
        let follow = |asked, told, answered| {
            let [asked, told, answered] = [asked, told, answered].map(Moment::from_millis);
            real.follow(ClockReading { asked, told, answered });
            real.now().millis()
        };
        assert_eq!(follow(100_000, 40_010, 100_020), 40_000);
        assert_eq!(follow(100_000, 40_030, 100_000), 40_000, "it is within the tolerance");
        assert_eq!(follow(100_000, 43_000, 106_000), 40_000, "the answer took too long to tell");
        assert_eq!(follow(100_000, 100_070, 100_000), 100_070);
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
    fn rows_say_a_moment_as_people_read_it() {
        for (millis, written) in [
            (1_767_225_600_000, "\"2026-01-01T00:00:00.000Z\""),
            (1_767_225_600_007, "\"2026-01-01T00:00:00.007Z\""),
            (-1, "\"1969-12-31T23:59:59.999Z\""),
            (i64::MAX, "9223372036854775807"),
            (i64::MIN, "-9223372036854775808"),
        ] {
            let moment = Moment::from_millis(millis);
            assert_eq!(serde_json::to_string(&moment).unwrap(), written);
            assert_eq!(serde_json::from_str::<Moment>(written).unwrap(), moment);
            assert_eq!(serde_json::from_str::<Moment>(&millis.to_string()).unwrap(), moment);
        }
        assert!(serde_json::from_str::<Moment>("\"soon\"").is_err());
    }

    #[test]
    fn an_http_date_is_in_gmt() {
        assert_eq!(Moment::from_millis(1_767_225_600_000).http_date(), "Thu, 01 Jan 2026 00:00:00 GMT");
    }
}

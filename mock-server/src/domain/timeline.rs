//! How a library's sync unfolds over time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `pending` → `running` → `completed`, counted from consent or trigger on the sandbox's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// How long the library stays `pending`.
    pub pending: Duration,
    /// How long it stays `running` after that; files appear evenly over this time.
    pub running: Duration,
}

impl Default for Timeline {
    /// A client that polls twice a second sees all three states, and the library is completed two
    /// seconds after consent.
    fn default() -> Self {
        Self { pending: Duration::from_millis(750), running: Duration::from_millis(1250) }
    }
}

/// When one account of a sync is done, and when its files appear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountSchedule {
    pending: Duration,
    running: Duration,
    /// Seconds that the client allows for fetching, if it set a limit.
    quota: Option<Duration>,
}

impl Timeline {
    /// No waiting at all: the library is completed as soon as it is asked for.
    pub const INSTANT: Self = Self { pending: Duration::ZERO, running: Duration::ZERO };

    /// The schedule of account `position` of `count`: accounts end one after the other.
    pub fn account(&self, position: usize, count: usize, quota: Option<Duration>) -> AccountSchedule {
        let share = fraction(self.running, position + 1, count.max(1));
        AccountSchedule { pending: self.pending, running: share, quota }
    }
}

impl AccountSchedule {
    /// When the account ends, counted from the start of the sync.
    pub fn end(&self) -> Duration {
        let end = self.pending + self.running;
        self.quota.map_or(end, |quota| end.min(quota))
    }

    /// Whether the client's limit ends the account before all its files are fetched.
    pub fn runs_out(&self) -> bool {
        self.quota.is_some_and(|quota| quota < self.pending + self.running)
    }

    /// Whether file `position` of `count` is there, `elapsed` after the start of the sync.
    pub fn has_file(&self, position: usize, count: usize, elapsed: Duration) -> bool {
        let appears = self.pending + fraction(self.running, position + 1, count + 1);
        appears <= elapsed.min(self.end())
    }
}

fn fraction(duration: Duration, part: usize, whole: usize) -> Duration {
    let millis = duration.as_millis() * part as u128 / whole.max(1) as u128;
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn files_appear_one_after_the_other_while_running() {
        let schedule = Timeline::default().account(0, 1, None);
        let at = |elapsed: u32| (0..4).filter(|&i| schedule.has_file(i, 4, MS * elapsed)).count();
        assert_eq!((at(749), at(1000), at(1250), at(2000)), (0, 1, 2, 4));
        assert_eq!(schedule.end(), MS * 2000);
    }

    #[test]
    fn accounts_end_one_after_the_other_and_the_last_ends_the_sync() {
        let timeline = Timeline::default();
        let ends: Vec<_> = (0..5).map(|i| timeline.account(i, 5, None).end()).collect();
        assert!(ends.is_sorted());
        assert_eq!(ends[4], timeline.pending + timeline.running);
    }

    #[test]
    fn a_quota_cuts_the_account_and_its_later_files() {
        let schedule = Timeline::default().account(0, 1, Some(MS * 1000));
        assert!(schedule.runs_out());
        assert_eq!(schedule.end(), MS * 1000);
        assert_eq!((0..4).filter(|&i| schedule.has_file(i, 4, MS * 9000)).count(), 1);
        assert!(!Timeline::default().account(0, 1, Some(MS * 2000)).runs_out());
    }

    #[test]
    fn an_instant_timeline_has_everything_at_once() {
        let schedule = Timeline::INSTANT.account(0, 1, None);
        assert!(schedule.has_file(9, 10, Duration::ZERO));
    }
}

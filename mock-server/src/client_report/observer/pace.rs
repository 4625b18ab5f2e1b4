//! How fast a client asks: polling, and waiting when it was told to.

use std::time::Duration;

use super::memory::Memory;
use super::request::Observed;
use super::tally::Tallies;
use crate::client_report::ClientCheck;
use crate::clock::Moment;
use crate::domain::listing::LibraryState;
use crate::durations;
use crate::fingerprint::Fingerprint;
use crate::generations::ListForm;
use crate::operations::Operation;

/// How often official clients ask for the file list (protocol reference, README §8).
const POLLING_INTERVAL: Duration = Duration::from_secs(3);
/// How much earlier than that a request may arrive, because the one before took longer on its way.
const POLLING_TOLERANCE: Duration = Duration::from_millis(500);
/// How much earlier than it was told to a client may come back: two clocks do not tick alike.
const WAIT_TOLERANCE: Duration = Duration::from_millis(100);

/// When a client asked for what.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Request → the wait that its answer asked for; none once it was judged.
    waits: Memory<Option<Wait>>,
    /// Path of a file list → when it was last asked for; none if there is no more to wait for.
    polls: Memory<Option<Moment>>,
}

#[derive(Clone, Copy, Debug)]
struct Wait {
    since: Moment,
    long: Duration,
}

impl Pace {
    pub(super) fn observe(&mut self, request: &Observed<'_>, tallies: &mut Tallies) {
        self.wait(request, tallies);
        if request.is(Operation::READ_FILE_LIST) {
            self.poll(request, tallies);
        }
    }

    fn wait(&mut self, request: &Observed<'_>, tallies: &mut Tallies) {
        let (asked, arrived) = (request.retry_after().filter(|long| !long.is_zero()), request.when.arrived);
        if asked.is_none() && self.waits.is_empty() {
            return;
        }
        let identity = request.identity();
        // What was under way when the client was told to wait is no haste.
        let wait = self.waits.get_mut(&identity).filter(|it| it.is_some_and(|wait| arrived >= wait.since));
        if let Some(Wait { since, long }) = wait.and_then(Option::take) {
            let waited = arrived.since(since);
            let found = match waited + WAIT_TOLERANCE < long {
                true => Err(format!("asked again after {}, not {}", text(waited), text(long))),
                false => Ok(()),
            };
            tallies.judge(ClientCheck::RetryAfter, request, found);
        }
        if let Some(long) = asked {
            self.waits.insert(identity, Some(Wait { since: request.when.answered, long }));
        }
    }

    fn poll(&mut self, request: &Observed<'_>, tallies: &mut Tallies) {
        if request.dialect().list == ListForm::Names {
            if request.succeeded() {
                let incomplete = "the sync was not over when the list was answered".to_owned();
                let is_complete = request.listed.is_none_or(LibraryState::is_final);
                let found = if is_complete { Ok(()) } else { Err(incomplete) };
                tallies.judge(ClientCheck::CompleteList, request, found);
            }
            return;
        }
        let state = request.answered_state();
        let unfinished = request.succeeded() && matches!(state.as_deref(), Some("pending" | "running"));
        let arrived = request.when.arrived;
        let session = Fingerprint::of(&[request.uri.path()]);
        let before = self.polls.insert(session, unfinished.then_some(arrived)).flatten();
        if let Some(gap) = before.map(|before| arrived.since(before)) {
            let found = match gap + POLLING_TOLERANCE < POLLING_INTERVAL {
                true => Err(format!("asked again after {}", text(gap))),
                false => Ok(()),
            };
            tallies.judge(ClientCheck::PollingInterval, request, found);
        }
    }
}

fn text(duration: Duration) -> String {
    durations::format(duration)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, counts, failed, offence};
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_that_is_read_once_must_be_complete() {
        let list = || Sample::of(Operation::READ_FILE_LIST).path("/v1.0/permission-access/query/s");
        let judged = |sample: Sample| counts(ClientCheck::CompleteList, [&sample]);
        assert_eq!(judged(list().listed(LibraryState::Completed)), (1, 0));
        assert_eq!(judged(list().listed(LibraryState::Running)), (0, 1));
        assert_eq!(judged(Sample::of(Operation::READ_FILE_LIST)), (0, 0));
    }

    fn list(state: &str, after: i64) -> Sample {
        let json = json!({"status": {"state": state}});
        Sample::of(Operation::READ_FILE_LIST)
            .path("/v1.7/permission-access/query/s")
            .answer_json(json)
            .after(after)
    }

    #[test]
    fn a_list_that_is_not_complete_is_asked_for_every_three_seconds() {
        let good =
            [list("pending", 0), list("running", 2_500), list("completed", 5_500), list("completed", 5_501)];
        assert_eq!(counts(ClientCheck::PollingInterval, &good), (2, 0));
        let hasty = [list("pending", 0), list("pending", 2_499)];
        assert_eq!(failed(&hasty), [ClientCheck::PollingInterval]);
        let found = offence(ClientCheck::PollingInterval, &hasty).unwrap();
        assert_eq!(found.detail, "asked again after 2s 499ms");
    }

    #[test]
    fn sessions_are_polled_independently_and_errors_are_no_poll() {
        let other = || list("pending", 1).path("/v1.7/permission-access/query/t");
        assert_eq!(counts(ClientCheck::PollingInterval, &[list("pending", 0), other()]), (0, 0));
        let repeated = [list("pending", 0).answer(401), list("pending", 1)];
        assert_eq!(counts(ClientCheck::PollingInterval, &repeated), (0, 0));
    }

    #[test]
    fn who_is_told_to_wait_waits() {
        let told = || list("pending", 0).answer(429).answer_header("retry-after", "7");
        for (after, expected) in [(6_899, (0, 1)), (6_900, (1, 0)), (60_000, (1, 0))] {
            assert_eq!(
                counts(ClientCheck::RetryAfter, &[told(), list("pending", after)]),
                expected,
                "{after}"
            );
        }
        let found = offence(ClientCheck::RetryAfter, &[told(), list("pending", 1_000)]).unwrap();
        assert_eq!(found.detail, "asked again after 1s, not 7s");
    }

    #[test]
    fn a_wait_is_for_one_request_and_is_judged_once() {
        let told = list("pending", 0).answer(503).answer_header("retry-after", "7");
        let other = Sample::of(Operation::READ_ACCOUNTS).after(1);
        let under_way = list("pending", -1);
        let again = [told, other, under_way, list("completed", 8_000), list("completed", 8_001)];
        assert_eq!(counts(ClientCheck::RetryAfter, &again), (1, 0));
    }
}

//! The journal of a sandbox: the last requests and answers, secrets redacted.

pub(crate) mod check;
pub(crate) mod filter;
pub(crate) mod flows;
pub(crate) mod links;
pub(crate) mod redact;
pub(crate) mod verdict;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use crate::clock::Moment;
use crate::journal::verdict::Verdict;
use crate::operations::Operation;
use crate::random::alphanumeric;

/// One request and its answer.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Counts the requests of a sandbox, from 1; of several servers that share the state, each counts its own.
    pub sequence: u64,
    /// Which of several servers that share the state answered it: an id that each draws at its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// When it came, by the sandbox's clock (RFC 3339).
    pub time: String,
    /// What it asked for; none if nothing is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// Method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers.
    pub headers: BTreeMap<String, String>,
    /// JSON body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The checks that it passed or failed, and what it claimed.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The fault that struck it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Answered status.
    pub status: u16,
    /// Answered media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Answered JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
    /// Size in bytes of an answered JSON that is too large to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_left_out: Option<usize>,
    /// Where the browser was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<JournalRefusal>,
    /// How long the answer took, in milliseconds.
    pub millis: u64,
    /// The user whose token it showed or was given, by the `sub` of their tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Fingerprints of the codes, sessions, tokens and users that it names or was answered with: requests of one
    /// flow share them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
}

/// Why a request was refused.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JournalRefusal {
    /// The platform's code.
    pub code: String,
    /// What the client was told.
    pub message: String,
    /// What only the journal is told.
    pub detail: String,
    /// `error.reference` of the answer.
    pub reference: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.operation.map_or("no such operation", Operation::name);
        writeln!(f, "{} {} -> {} ({operation})", self.method, self.path, self.status)?;
        if let Some(refusal) = &self.refusal {
            writeln!(f, "  {}: {} [{}]", refusal.code, refusal.message, refusal.reference)?;
            writeln!(f, "  why: {}", refusal.detail)?;
        }
        if let Some(fault) = &self.fault {
            writeln!(f, "  fault: {fault}")?;
        }
        write!(f, "{}", self.verdict)
    }
}

/// How long the name of a journal is that has no server's.
const NAME_LENGTH: usize = 8;

/// The last requests of a sandbox that this server answered.
#[derive(Debug)]
pub(crate) struct Journal {
    capacity: usize,
    /// The server, if others are to be told.
    server: Option<String>,
    /// What tells its numbers from those of another server, or of this one before it was started anew.
    name: String,
    entries: Mutex<Entries>,
    news: watch::Sender<()>,
}

#[derive(Default)]
struct Entries {
    written: u64,
    /// Their numbers follow each other.
    kept: VecDeque<Kept>,
    /// What other servers are not told yet.
    untold: VecDeque<Waiting>,
    /// How often all was forgotten.
    cleared: u64,
    /// When the last one was answered, as others are told.
    latest: Option<Moment>,
}

/// An entry that is made when somebody reads it: most are forgotten before anybody does, and no client waits for it.
type Unread = Arc<LazyLock<Arc<Entry>, Box<dyn FnOnce() -> Arc<Entry> + Send>>>;

/// An entry that is kept.
struct Kept {
    /// Its number.
    sequence: u64,
    /// When it was answered, in real time; never before those in front of it.
    at: Moment,
    /// `error.reference` of its answer.
    reference: Option<String>,
    entry: Unread,
}

/// An entry that other servers are not told yet.
#[cfg_attr(not(feature = "postgres"), allow(dead_code))]
struct Waiting {
    at: Moment,
    entry: Unread,
}

/// An entry that other servers are told now.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "postgres"), allow(dead_code))]
pub(crate) struct Untold {
    /// When it was answered, in real time.
    pub(crate) at: Moment,
    pub(crate) entry: Arc<Entry>,
}

fn read(entries: Vec<Unread>) -> Vec<Arc<Entry>> {
    entries.iter().map(|entry| Arc::clone(&***entry)).collect()
}

/// What was written so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The number of the last entry.
    pub(crate) last: u64,
    /// How often all was forgotten.
    pub(crate) cleared: u64,
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} requests", self.kept.len(), self.written)
    }
}

impl Journal {
    /// Of a server that shares the state with others, or of one that does not.
    pub(crate) fn new(capacity: usize, server: Option<String>) -> Self {
        let name = server.clone().unwrap_or_else(|| alphanumeric(NAME_LENGTH));
        Self { capacity, server, name, entries: Mutex::default(), news: watch::Sender::default() }
    }

    /// How many entries it keeps.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code))]
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// What tells its numbers from those of other journals.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Writes an entry that was answered at a moment, and gives its number. It is made when somebody reads it; its
    /// `sequence` and `server` are set here.
    pub(crate) fn write(
        &self,
        at: Moment,
        reference: Option<String>,
        make: impl FnOnce() -> Entry + Send + 'static,
    ) -> u64 {
        let server = self.server.clone();
        let mut entries = self.entries();
        entries.written += 1;
        let sequence = entries.written;
        // Others read in the order of time: a later number never has an earlier one, whatever the threads' turns.
        let at = entries.latest.map_or(at, |latest| latest.max(at));
        entries.latest = Some(at);
        let entry: Unread =
            Arc::new(LazyLock::new(Box::new(move || Arc::new(Entry { sequence, server, ..make() }))));
        if self.server.is_some() {
            entries.untold.push_back(Waiting { at, entry: Arc::clone(&entry) });
            forget_one_above(self.capacity, &mut entries.untold);
        }
        entries.kept.push_back(Kept { sequence, at, reference, entry });
        let forgotten = forget_one_above(self.capacity, &mut entries.kept);
        // Whoever begins to wait after this looks at the entries after that, and finds it.
        let is_waited_for = self.news.receiver_count() > 0;
        drop(entries);
        // What it keeps is freed while others write.
        drop(forgotten);
        if is_waited_for {
            self.tell_news();
        }
        sequence
    }

    /// What was written so far.
    pub(crate) fn written(&self) -> Written {
        let entries = self.entries();
        Written { last: entries.written, cleared: entries.cleared }
    }

    /// The number of the last entry that was answered before a moment.
    pub(crate) fn last_before(&self, at: Moment) -> u64 {
        let entries = self.entries();
        let following = entries.kept.partition_point(|kept| kept.at < at);
        entries.kept.get(following).map_or(entries.written, |kept| kept.sequence.saturating_sub(1))
    }

    /// Wakes up whoever waits for something new of the sandbox.
    pub(crate) fn tell_news(&self) {
        self.news.send_replace(());
    }

    /// What changes with each entry, and with whatever else is new.
    pub(crate) fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    /// The entries that are kept, oldest first.
    pub(crate) fn list(&self) -> Vec<Arc<Entry>> {
        self.after(0, usize::MAX)
    }

    /// Some entries after this number, oldest first.
    pub(crate) fn after(&self, sequence: u64, most: usize) -> Vec<Arc<Entry>> {
        let entries = self.entries();
        let first = entries.kept.front().map_or(1, |kept| kept.sequence);
        let begin = usize::try_from(sequence.saturating_add(1).saturating_sub(first)).unwrap_or(usize::MAX);
        let begin = begin.min(entries.kept.len());
        let found = entries.kept.range(begin..).take(most).map(|kept| Arc::clone(&kept.entry)).collect();
        drop(entries);
        read(found)
    }

    /// Some entries before this number, newest first.
    pub(crate) fn before(&self, sequence: u64, most: usize) -> Vec<Arc<Entry>> {
        let entries = self.entries();
        let first = entries.kept.front().map_or(1, |kept| kept.sequence);
        let end = usize::try_from(sequence.saturating_sub(first)).unwrap_or(usize::MAX);
        let end = end.min(entries.kept.len());
        let found = entries.kept.range(..end).rev().take(most).map(|kept| Arc::clone(&kept.entry)).collect();
        drop(entries);
        read(found)
    }

    /// The entry with this number.
    pub(crate) fn get(&self, sequence: u64) -> Option<Arc<Entry>> {
        let found = self.after(sequence.checked_sub(1)?, 1).into_iter().next();
        found.filter(|entry| entry.sequence == sequence)
    }

    /// The refused request whose answer carried this reference.
    pub(crate) fn find(&self, reference: &str) -> Option<Arc<Entry>> {
        let has = |kept: &&Kept| kept.reference.as_deref() == Some(reference);
        let found = self.entries().kept.iter().rev().find(has).map(|kept| Arc::clone(&kept.entry))?;
        Some(Arc::clone(&**found))
    }

    /// What other servers are to be told now.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn take_untold(&self) -> Vec<Untold> {
        let waiting: Vec<_> = self.entries().untold.drain(..).collect();
        waiting.into_iter().map(|it| Untold { at: it.at, entry: Arc::clone(&**it.entry) }).collect()
    }

    /// Forgets all entries; the count goes on.
    pub(crate) fn clear(&self) {
        let mut entries = self.entries();
        entries.kept.clear();
        entries.untold.clear();
        entries.cleared += 1;
        drop(entries);
        self.tell_news();
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_one_above<T>(capacity: usize, entries: &mut VecDeque<T>) -> Option<T> {
    if entries.len() > capacity { entries.pop_front() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequences(entries: &[Arc<Entry>]) -> Vec<u64> {
        entries.iter().map(|entry| entry.sequence).collect()
    }

    #[test]
    fn a_later_number_never_has_an_earlier_time() {
        let journal = Journal::new(10, Some("one".to_owned()));
        for millis in [100, 101, 99, 101, 105] {
            journal.write(Moment::from_millis(millis), None, Entry::default);
        }
        let told: Vec<_> = journal.take_untold().iter().map(|it| it.at.millis()).collect();
        assert_eq!(told, [100, 101, 101, 101, 105]);
    }

    #[test]
    fn whoever_waits_is_told_of_each_entry_at_once() {
        let journal = Journal::new(10, None);
        journal.write(Moment::from_millis(0), None, Entry::default);
        let mut news = journal.news();
        for _ in 0..2 {
            news.mark_unchanged();
            journal.write(Moment::from_millis(0), None, Entry::default);
            assert!(news.has_changed().unwrap());
        }
    }

    #[test]
    fn the_last_entry_before_a_moment_is_found_in_what_is_kept() {
        let journal = Journal::new(3, None);
        assert_eq!(journal.last_before(Moment::from_millis(7)), 0);
        for millis in [100, 101, 101, 103, 105] {
            journal.write(Moment::from_millis(millis), None, Entry::default);
        }
        let found = [0, 101, 102, 103, 104, 106].map(|at| journal.last_before(Moment::from_millis(at)));
        assert_eq!(found, [2, 2, 3, 3, 4, 5], "the first two are forgotten");
    }

    #[test]
    fn entries_are_read_on_from_any_number_in_both_directions() {
        let journal = Journal::new(5, None);
        assert!(journal.after(0, 9).is_empty() && journal.before(u64::MAX, 9).is_empty());
        for number in 1..=8 {
            assert_eq!(journal.write(Moment::from_millis(0), None, Entry::default), number);
        }
        assert_eq!(sequences(&journal.after(0, 2)), [4, 5], "the first three are forgotten");
        assert_eq!(sequences(&journal.after(6, 9)), [7, 8]);
        assert!(journal.after(8, 9).is_empty() && journal.after(u64::MAX, 9).is_empty());
        assert_eq!(sequences(&journal.before(u64::MAX, 2)), [8, 7]);
        assert_eq!(sequences(&journal.before(6, 9)), [5, 4]);
        assert!(journal.before(4, 9).is_empty() && journal.before(0, 9).is_empty());
        assert_eq!(journal.get(5).map(|entry| entry.sequence), Some(5));
        assert!(journal.get(0).is_none() && journal.get(3).is_none() && journal.get(9).is_none());
        journal.clear();
        journal.write(Moment::from_millis(0), None, Entry::default);
        assert_eq!(sequences(&journal.after(2, 9)), [9], "the count goes on");
        assert_eq!(journal.written(), Written { last: 9, cleared: 1 });
    }
}

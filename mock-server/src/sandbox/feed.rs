//! What is new in a sandbox, for whoever follows it: requests that were answered on any server, the clock, faults.
//!
//! A follower remembers the last number that it saw of each server, and asks for the next entries when it has room
//! for them. Whatever it does not fetch costs nothing but its place in the journal.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::Sandbox;
use crate::clock::Moment;
#[cfg(any(test, feature = "durable"))]
use crate::durable::shared::ToldPlace;
use crate::faults::Fault;
use crate::journal::{Entry, Written};
#[cfg(any(test, feature = "durable"))]
use crate::sandbox::telling::entry;

/// How many entries are taken at once.
const AT_ONCE: usize = 100;
/// How long after its answer a request may become known to other servers, in milliseconds.
const LATEST: i64 = 5_000;

/// The last request that a follower saw of each server; where the state is shared, also when that was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    seen: BTreeMap<String, u64>,
    /// In milliseconds since 1970.
    at: Option<i64>,
    /// How often this server had forgotten all by then.
    cleared: Option<u64>,
}

/// A text is no place in what is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the id of an event, or the number of a request")]
pub(crate) struct NoMarks;

/// How many servers a follower remembers.
const MOST_SERVERS: usize = 100;

impl fmt::Display for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = self.seen.iter().map(|(server, sequence)| format!("{server}:{sequence}"));
        let at = self.at.iter().map(|at| format!("at:{at}"));
        let cleared = self.cleared.iter().map(|cleared| format!("cleared:{cleared}"));
        f.write_str(&at.chain(cleared).chain(seen).collect::<Vec<_>>().join(","))
    }
}

impl FromStr for Marks {
    type Err = NoMarks;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut marks = Self::default();
        for part in text.split(',').take(MOST_SERVERS + 2) {
            let (server, number) = part.split_once(':').ok_or(NoMarks)?;
            match server {
                "at" => marks.at = Some(number.parse().map_err(|_| NoMarks)?),
                "cleared" => marks.cleared = Some(number.parse().map_err(|_| NoMarks)?),
                _ => drop(marks.seen.insert(server.to_owned(), number.parse().map_err(|_| NoMarks)?)),
            }
        }
        Ok(marks)
    }
}

/// Where a follower begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// With what comes from now on.
    Now,
    /// After a request of this server, by its number.
    After(u64),
    /// After what it saw before.
    Again(Marks),
}

/// Something new.
#[derive(Clone, Debug)]
pub(crate) enum News {
    /// A request was answered.
    Request(Arc<Entry>),
    /// Requests in between are not known any more.
    Forgotten(Gap),
    /// All requests were forgotten.
    Cleared,
    /// The clock was moved.
    Clock,
    /// The faults are others, or have struck.
    Faults(Vec<Fault>),
}

/// Requests that a follower will not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    /// The server that answered them.
    pub(crate) server: String,
    /// The number of the first one.
    pub(crate) first: u64,
    /// The number of the last one.
    pub(crate) last: u64,
}

/// How far a follower looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// At what this server knows.
    Here,
    /// Also at what others told the database.
    Everywhere,
}

/// A follower of a sandbox.
#[derive(Debug)]
pub(crate) struct Feed {
    sandbox: Arc<Sandbox>,
    marks: Marks,
    written: Written,
    clock: Option<Duration>,
    faults: Option<Vec<Fault>>,
}

impl Feed {
    pub(crate) fn new(sandbox: Arc<Sandbox>, begin: Begin) -> Self {
        let (own, mut written) = (sandbox.journal.name().to_owned(), sandbox.journal.written());
        let mut marks = match begin {
            Begin::Now => Marks { seen: BTreeMap::from([(own, written.last)]), ..Marks::default() },
            Begin::After(sequence) => {
                Marks { seen: BTreeMap::from([(own, sequence.min(written.last))]), ..Marks::default() }
            }
            Begin::Again(mut marks) => {
                // Whoever followed another server that shares the state has seen what this one told before.
                if let Some(at) = marks.at.filter(|_| sandbox.home.is_shared()) {
                    let known = Moment::from_millis(at.saturating_sub(LATEST));
                    marks.seen.entry(own.clone()).or_insert_with(|| sandbox.journal.last_before(known));
                }
                // Whoever saw another journal in memory, or this one before all was forgotten, has to be told.
                let is_other = !sandbox.home.is_shared() && !marks.seen.contains_key(&own);
                let is_forgotten = marks.seen.contains_key(&own)
                    && marks.cleared.is_some_and(|cleared| cleared != written.cleared);
                if is_other || is_forgotten {
                    written.cleared = u64::MAX;
                }
                marks
            }
        };
        marks.cleared = marks.cleared.or(Some(written.cleared));
        if sandbox.home.is_shared() && marks.at.is_none() {
            marks.at = Some(sandbox.real_now().millis());
        }
        Self { sandbox, marks, written, clock: None, faults: None }
    }

    /// What it has seen.
    pub(crate) fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Its sandbox.
    pub(crate) fn sandbox(&self) -> &Arc<Sandbox> {
        &self.sandbox
    }

    /// Some of what is new, each with what was seen then; nothing if nothing is. What other servers told is looked
    /// for only now and then.
    pub(crate) async fn next(&mut self, look: Look) -> Vec<(Marks, News)> {
        let mut news = Vec::new();
        let written = self.sandbox.journal.written();
        self.marks.cleared = Some(written.cleared);
        if written.cleared != self.written.cleared {
            news.push((self.marks.clone(), News::Cleared));
        }
        self.written = written;
        if look == Look::Everywhere {
            self.requests_of_others(&mut news).await;
        }
        self.own_requests(&mut news);
        let clock = self.sandbox.clock.offset();
        if self.clock != Some(clock) {
            self.clock = Some(clock);
            news.push((self.marks.clone(), News::Clock));
        }
        let faults = self.sandbox.known_faults();
        if self.faults.as_ref() != Some(&faults) {
            self.faults = Some(faults.clone());
            news.push((self.marks.clone(), News::Faults(faults)));
        }
        news
    }

    fn own_requests(&mut self, news: &mut Vec<(Marks, News)>) {
        let own = self.sandbox.journal.name().to_owned();
        // The numbers of a server that was started anew begin anew.
        let seen = self.marks.seen.get(&own).copied().unwrap_or(0);
        // Entries that were forgotten on purpose are no gap.
        let entries = self.sandbox.journal.after(seen, AT_ONCE);
        if entries.is_empty() && self.written.last > seen {
            self.marks.seen.insert(own.clone(), self.written.last);
        }
        for entry in entries {
            self.see(&own, entry, news);
        }
    }

    #[cfg(not(any(test, feature = "durable")))]
    async fn requests_of_others(&mut self, _: &mut Vec<(Marks, News)>) {}

    /// What other servers told. It may become known after what was answered later.
    #[cfg(any(test, feature = "durable"))]
    async fn requests_of_others(&mut self, news: &mut Vec<(Marks, News)>) {
        let sandbox = Arc::clone(&self.sandbox);
        let (Some((shared, own)), Some(at)) = (sandbox.home.shared(), self.marks.at) else { return };
        let mut place = ToldPlace::before(at.saturating_sub(LATEST));
        while news.len() < AT_ONCE {
            let most = u32::try_from(AT_ONCE).unwrap_or(u32::MAX);
            let told = match shared.told_after(&sandbox.tag, place.clone(), most).await {
                Ok(told) => told,
                Err(failure) => {
                    tracing::warn!("the requests of the other servers are not known: {failure}");
                    return;
                }
            };
            let Some((last, _)) = told.last() else { return };
            place = last.clone();
            for (ToldPlace { at, server, sequence }, body) in told {
                self.marks.at = self.marks.at.max(Some(at));
                let is_new = self.marks.seen.get(&server).is_none_or(|seen| *seen < sequence);
                if server != own
                    && is_new
                    && let Some(entry) = entry(&body)
                {
                    self.see(&server, Arc::new(entry), news);
                }
            }
        }
    }

    fn see(&mut self, server: &str, entry: Arc<Entry>, news: &mut Vec<(Marks, News)>) {
        let sequence = entry.sequence;
        let before = self.marks.seen.insert(server.to_owned(), sequence);
        if self.marks.seen.len() > MOST_SERVERS
            && let Some(other) = self.marks.seen.keys().find(|known| *known != server).cloned()
        {
            self.marks.seen.remove(&other);
        }
        if let Some(before) = before.filter(|before| before + 1 < sequence) {
            let gap = Gap { server: server.to_owned(), first: before + 1, last: sequence - 1 };
            let mut marks = self.marks.clone();
            marks.seen.insert(server.to_owned(), gap.last);
            news.push((marks, News::Forgotten(gap)));
        }
        news.push((self.marks.clone(), News::Request(entry)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_back_from_their_text() {
        let seen = BTreeMap::from([("abc".to_owned(), 7), ("one".to_owned(), 0)]);
        let marks = Marks { seen, at: None, cleared: None };
        for marks in [marks.clone(), Marks { at: Some(-5), cleared: Some(3), ..marks }] {
            assert_eq!(marks.to_string().parse(), Ok(marks));
        }
        for text in ["", "7", "a", "a:b", "a:1,", "at:x", "a:-1"] {
            assert_eq!(text.parse::<Marks>(), Err(NoMarks), "{text}");
        }
    }
}

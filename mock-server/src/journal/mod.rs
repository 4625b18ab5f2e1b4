//! The journal of a sandbox: the last requests and answers, secrets redacted.

pub(crate) mod check;
pub(crate) mod redact;
pub(crate) mod verdict;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Moment;
use crate::journal::verdict::Verdict;
use crate::operations::Operation;

/// One request and its answer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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

/// The last requests of a sandbox that this server answered.
#[derive(Debug)]
pub(crate) struct Journal {
    capacity: usize,
    /// The server, if others are to be told.
    server: Option<String>,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    written: u64,
    kept: VecDeque<Entry>,
    /// What other servers are not told yet.
    untold: VecDeque<Untold>,
}

/// An entry that other servers are not told yet.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "postgres"), allow(dead_code))]
pub(crate) struct Untold {
    /// When it was answered, in real time.
    pub(crate) at: Moment,
    pub(crate) entry: Entry,
}

impl Journal {
    /// Of a server that shares the state with others, or of one that does not.
    pub(crate) fn new(capacity: usize, server: Option<String>) -> Self {
        Self { capacity, server, entries: Mutex::default() }
    }

    /// How many entries it keeps.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code))]
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Writes an entry that was answered at a moment, whose `sequence` and `server` are set here, and gives that number.
    pub(crate) fn write(&self, mut entry: Entry, at: Moment) -> u64 {
        let mut entries = self.entries();
        entries.written += 1;
        entry.sequence = entries.written;
        entry.server.clone_from(&self.server);
        if self.server.is_some() {
            entries.untold.push_back(Untold { at, entry: entry.clone() });
            bound(&mut entries.untold, self.capacity);
        }
        entries.kept.push_back(entry);
        bound(&mut entries.kept, self.capacity);
        entries.written
    }

    /// The entries that are kept, oldest first.
    pub(crate) fn list(&self) -> Vec<Entry> {
        self.entries().kept.iter().cloned().collect()
    }

    /// The refused request whose answer carried this reference.
    pub(crate) fn find(&self, reference: &str) -> Option<Entry> {
        let has = |entry: &&Entry| entry.refusal.as_ref().is_some_and(|it| it.reference == reference);
        self.entries().kept.iter().rev().find(has).cloned()
    }

    /// What other servers are to be told now.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn take_untold(&self) -> Vec<Untold> {
        self.entries().untold.drain(..).collect()
    }

    /// Forgets all entries; the count goes on.
    pub(crate) fn clear(&self) {
        let mut entries = self.entries();
        entries.kept.clear();
        entries.untold.clear();
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bound<T>(entries: &mut VecDeque<T>, capacity: usize) {
    if entries.len() > capacity {
        entries.pop_front();
    }
}

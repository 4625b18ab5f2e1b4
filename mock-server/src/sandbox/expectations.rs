//! What a test takes for granted of its client and its faults, and what came otherwise.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::faults::Fault;

/// How many refused requests are told; the first ones lead to the cause.
const MOST_TOLD: usize = 10;

/// What a test allows in all sandboxes of its server.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Allowed {
    /// Refusals that show a defect of the client.
    pub(crate) refusals: bool,
    /// Faults that never strike.
    pub(crate) unused_faults: bool,
}

/// What a test takes for granted, unless it allows otherwise.
#[derive(Debug, Default)]
pub(crate) struct Expectations {
    refusals_allowed: AtomicBool,
    unused_faults_allowed: AtomicBool,
    /// The verdict traces of requests that show a defect of the client.
    defects: Mutex<Vec<String>>,
}

impl Expectations {
    /// Expects all but what is allowed.
    pub(crate) fn new(allowed: Allowed) -> Self {
        Self {
            refusals_allowed: allowed.refusals.into(),
            unused_faults_allowed: allowed.unused_faults.into(),
            ..Self::default()
        }
    }

    /// Refusals are what the test is about.
    pub(crate) fn allow_refusals(&self) {
        self.refusals_allowed.store(true, Ordering::Relaxed);
    }

    /// Faults may stay without effect.
    pub(crate) fn allow_unused_faults(&self) {
        self.unused_faults_allowed.store(true, Ordering::Relaxed);
    }

    /// Takes in a request whose refusal shows a defect of the client.
    pub(crate) fn defect(&self, trace: impl FnOnce() -> String) {
        let mut defects = self.defects.lock().unwrap_or_else(PoisonError::into_inner);
        if defects.len() < MOST_TOLD {
            defects.push(trace());
        }
    }

    /// Forgets what came otherwise.
    pub(crate) fn clear(&self) {
        self.defects.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What came otherwise, and what to do about it.
    pub(crate) fn unmet(&self, faults: &[Fault]) -> Vec<String> {
        let mut unmet = Vec::new();
        let defects = self.defects.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.refusals_allowed.load(Ordering::Relaxed) && !defects.is_empty() {
            unmet.push(format!(
                "requests of the client were refused for a defect of its own; if that is what the test is \
                 about, call sandbox.allow_refusals():\n{}",
                defects.concat()
            ));
        }
        if !self.unused_faults_allowed.load(Ordering::Relaxed) {
            for fault in faults.iter().filter(|fault| fault.struck == 0) {
                unmet.push(format!(
                    "a fault on {} never struck: no request met it; remove it, or call \
                     sandbox.allow_unused_faults()",
                    fault.operation
                ));
            }
        }
        unmet
    }
}

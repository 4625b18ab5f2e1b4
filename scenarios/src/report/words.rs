//! What reports and comparisons tell of steps, exchanges and failures.

use super::{Exchange, FailureKind, Report, StepReport};

impl Report {
    /// Whether scenarios ran more than once.
    pub(crate) fn is_repeated(&self) -> bool {
        self.scenarios.iter().any(|scenario| scenario.repetition > 1)
    }
}

impl FailureKind {
    /// A word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Assertion => "assertion",
            Self::Error => "error",
            Self::NoError => "no error",
            Self::Timeout => "timeout",
            Self::Capture => "capture",
            Self::Snapshot => "snapshot",
            Self::Misuse => "misuse",
            Self::Unreachable => "unreachable",
        }
    }
}

impl StepReport {
    /// The exchanges that are the same however long a server takes: of a poll only the last, and of
    /// `read_all`, which downloads while it polls, the list before the files.
    pub(crate) fn settled_exchanges(&self) -> Vec<&Exchange> {
        let asked = |exchange: &Exchange| (exchange.method.clone(), exchange.path.clone(), exchange.status);
        let reads_all = self.action == "read_all";
        let is_repeated = |at: usize, exchange: &Exchange| {
            let mut later = self.exchanges[at + 1..].iter().take(if reads_all { usize::MAX } else { 1 });
            (reads_all || self.attempts > 1) && later.any(|later| asked(later) == asked(exchange))
        };
        let exchanges = self.exchanges.iter().enumerate();
        let mut settled: Vec<_> =
            exchanges.filter(|(at, it)| !is_repeated(*at, it)).map(|(_, exchange)| exchange).collect();
        if reads_all {
            settled.sort_by(|one, other| one.path.cmp(&other.path));
        }
        settled
    }

    /// Its name after those of the flows that lead to it.
    pub(crate) fn path(&self) -> String {
        let names: Vec<_> = self.within.iter().chain([&self.name]).map(String::as_str).collect();
        names.join(" > ")
    }
}

impl Exchange {
    /// The platform's code of an error, if the answer is one.
    pub(crate) fn error_code(&self) -> Option<&str> {
        let answer = self.answer.as_ref().filter(|_| self.status.is_some_and(|status| status >= 400))?;
        answer["error"]["code"].as_str().or_else(|| answer["error"].as_str())
    }

    /// What came back: `200`, `401 InvalidToken`, or what went wrong on the way.
    pub(crate) fn outcome(&self) -> String {
        match (self.status, self.error_code(), &self.broken) {
            (Some(status), _, Some(broken)) => format!("{status}, then {broken}"),
            (None, _, Some(broken)) => broken.clone(),
            (Some(status), Some(code), None) => format!("{status} {code}"),
            (Some(status), None, None) => status.to_string(),
            (None, _, None) => "no answer".to_owned(),
        }
    }
}

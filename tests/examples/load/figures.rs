//! The table of what was measured.

use std::time::Duration;

use crate::cryptography::Rates;

/// One kind of request under load.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) a_second: f64,
    /// Within what time half and 99 of 100 were answered; none of whole flows, which are not timed one by one.
    pub(crate) waits: Option<[Duration; 2]>,
    /// What each took of the server's processors.
    pub(crate) cpu: Duration,
    /// How often each allocated, and how many bytes.
    pub(crate) allocations: Option<(f64, f64)>,
}

/// The head of the table.
pub(crate) fn head() {
    println!(
        "| {:14} | {:>9} | {:>10} | {:>10} | {:>9} | {:>11} | {:>11} | {:>12} | {:>12} |",
        "request",
        "a second",
        "half in",
        "99 % in",
        "processor",
        "allocations",
        "bytes",
        "/ signatures",
        "/ verified"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
}

impl Figure {
    /// A line of the table.
    pub(crate) fn print(&self, rates: &Rates) {
        let [half, most] = match self.waits {
            Some(waits) => waits.map(|wait| format!("{:.2} ms", wait.as_secs_f64() * 1e3)),
            None => ["–", "–"].map(str::to_owned),
        };
        let [times, bytes] = match self.allocations {
            Some((times, bytes)) => [format!("{times:.0}"), format!("{bytes:.0}")],
            None => ["–", "–"].map(str::to_owned),
        };
        println!(
            "| {:14} | {:>9.0} | {half:>10} | {most:>10} | {:>6.0} µs | {times:>11} | {bytes:>11} | {:>12.2} | {:>12.2} |",
            self.name,
            self.a_second,
            self.cpu.as_secs_f64() * 1e6,
            self.a_second / rates.signatures,
            self.a_second / rates.verifications,
        );
    }
}

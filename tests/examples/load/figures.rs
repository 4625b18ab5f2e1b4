//! The table of what was measured.

use std::time::Duration;

use crate::cryptography::Rates;

/// One kind of request under load.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) a_second: f64,
    /// Within what time half, 99 of 100, and all were answered; none of whole flows, which are not timed one by one.
    pub(crate) waits: Option<[Duration; 3]>,
    /// What each took of the server's processors.
    pub(crate) cpu: Duration,
    /// How often each allocated, and how many bytes.
    pub(crate) allocations: Option<(f64, f64)>,
}

/// The head of the table.
pub(crate) fn head() {
    line([
        "request",
        "a second",
        "half in",
        "99 % in",
        "all in",
        "processor",
        "allocations",
        "bytes",
        "/ signatures",
        "/ verified",
    ]);
    println!("|{}", "---|".repeat(10));
}

fn line<T: std::fmt::Display>([name, rest @ ..]: [T; 10]) {
    println!("| {name:14} | {} |", rest.map(|it| format!("{it:>12}")).join(" | "));
}

impl Figure {
    /// A line of the table.
    pub(crate) fn print(&self, rates: &Rates) {
        let none = || "–".to_owned();
        let millis = |wait: Duration| format!("{:.2} ms", wait.as_secs_f64() * 1e3);
        let [half, most, all] = self.waits.map_or_else(|| [(); 3].map(|()| none()), |it| it.map(millis));
        let [times, bytes] = match self.allocations {
            Some((times, bytes)) => [times, bytes].map(|it| format!("{it:.0}")),
            None => [none(), none()],
        };
        line([
            self.name.to_owned(),
            format!("{:.0}", self.a_second),
            half,
            most,
            all,
            format!("{:.0} µs", self.cpu.as_secs_f64() * 1e6),
            times,
            bytes,
            format!("{:.2}", self.a_second / rates.signatures),
            format!("{:.2}", self.a_second / rates.verifications),
        ]);
    }
}

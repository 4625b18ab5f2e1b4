//! The generations of the API in the shipped scenarios: what each does and refuses, and which official client
//! each serves.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod cells;
mod clients;

use std::path::Path;
use std::sync::LazyLock;

use digime_scenarios::report::Report;
use digime_scenarios::{RunOptions, TargetOptions};

/// The scenarios, run once for all tests.
static REPORT: LazyLock<Report> = LazyLock::new(|| {
    let flows = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
    let todays = clients::TODAYS.iter().map(|(_, file)| flows.join(file));
    let options = RunOptions::new(todays.chain([flows.join("generations")]), TargetOptions::Embedded);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let report = runtime.block_on(digime_scenarios::run(&options)).unwrap();
    assert!(
        report.passed(),
        "the scenarios themselves fail: run `cargo test -p digime-scenarios --test flows`"
    );
    report
});

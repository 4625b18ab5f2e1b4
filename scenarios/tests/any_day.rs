//! The shipped flows pass whatever day it is: at the end of a month, on 29 February, at New Year.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::path::Path;

use assert_cmd::Command;
use digime_mock_server::MockServer;

const DAYS: [&str; 10] = [
    "2026-11-27",
    "2026-12-31",
    "2027-01-01",
    "2027-02-28",
    "2027-03-01",
    "2027-04-30",
    "2028-02-29",
    "2028-03-31",
    "2029-01-31",
    "2030-06-15",
];

/// Half a day before Greenwich, at it, and more than half a day after it.
const ZONES: [&str; 3] = ["Etc/GMT+12", "UTC", "Pacific/Kiritimati"];

/// The flows whose answers depend on the day; `.ci/long-scenarios` runs all.
const FLOWS: [&str; 6] =
    ["authorize/scope.yaml", "faults/unavailable.yaml", "library/report.yaml", "read", "scope", "sync"];

#[test]
fn flows_that_read_data_pass_on_any_day_in_any_zone() {
    let flows = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
    for (number, day) in DAYS.into_iter().enumerate() {
        // A default server's data ends today; so does this one's.
        let server = MockServer::builder()
            .allow_refusals()
            .sample_data_until(day.parse().unwrap())
            .try_start()
            .unwrap();
        let zone = ZONES[number % ZONES.len()];
        let output = Command::cargo_bin("digime-scenarios")
            .unwrap()
            .env("TZ", zone)
            .arg("run")
            .args(FLOWS.map(|flow| flows.join(flow)))
            .args(["--check", "--base-url", &server.url()])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && text.contains(" passed"), "{day} in {zone}:\n{text}");
    }
}

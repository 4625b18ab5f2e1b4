//! Scenarios inside `cargo test`.

use std::path::Path;

use crate::report::console::{ConsoleStyle, render};
use crate::run::{RunOptions, TargetOptions, run};
use crate::snapshot::SnapshotMode;

/// Runs all scenarios of a folder, or of one file, against a mock server in the process.
///
/// Snapshots obey `INSTA_UPDATE` as in tests that use `insta`: by default a new one is written for
/// `cargo insta review`, and with `INSTA_UPDATE=no` or `CI` set nothing is.
///
/// # Panics
/// If a file is wrong or a scenario fails; the text is the report.
#[allow(clippy::panic)]
#[track_caller]
pub fn test_folder(folder: impl AsRef<Path>) {
    let update = std::env::var("INSTA_UPDATE").ok();
    let mut options = RunOptions::new([folder.as_ref()], TargetOptions::Embedded);
    // As insta reads it: one that is empty, as Compose passes what nobody has set, is none.
    let is_ci = std::env::var("CI").is_ok_and(|ci| !["", "0", "false"].contains(&ci.trim()));
    options.snapshots = SnapshotMode::of_insta(update.as_deref(), is_ci);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => panic!("no runtime for the scenarios: {error}"),
    };
    match runtime.block_on(run(&options)) {
        Ok(report) => {
            let text = render(&report, ConsoleStyle::default());
            match report.passed() {
                true => println!("{text}"),
                false => panic!("\n{text}"),
            }
        }
        Err(error) => panic!("\n{}", error.explained()),
    }
}

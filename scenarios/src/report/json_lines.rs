//! The report as JSON lines, for programs: what was run, then a line a scenario, then the sum.

use serde::Serialize;

use super::{RenderError, Report, ScenarioReport, Status};
use crate::position::shown;

/// A line of the report. Durations are in milliseconds.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "type")]
pub enum Line<'a> {
    /// The first line.
    Run {
        /// Version of this form; it grows when a member changes its meaning or goes away.
        version: u32,
        /// What was tested: `embedded`, or the base URL.
        target: &'a str,
        /// When it began (RFC 3339).
        started: &'a str,
        /// The seed that the order was shuffled by.
        #[serde(skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
    },
    /// A scenario, in the order of files.
    Scenario(&'a ScenarioReport),
    /// The last line.
    Summary {
        /// Whether nothing failed.
        success: bool,
        /// How many scenarios passed.
        passed: usize,
        /// How many failed.
        failed: usize,
        /// How many cannot run at this target.
        skipped: usize,
        /// How many had not ended when an earlier failure ended the run, or when it was stopped.
        not_run: usize,
        /// How long all took.
        duration: f64,
        /// Snapshots that no scenario refers to.
        unreferenced_snapshots: Vec<String>,
    },
}

impl<'a> Line<'a> {
    /// The lines of a report.
    pub fn of(report: &'a Report) -> impl Iterator<Item = Self> {
        let Report { target, started, seed, .. } = report;
        let first = Self::Run { version: 1, target, started, seed: *seed };
        let last = Self::Summary {
            success: report.passed(),
            passed: report.count(|status| *status == Status::Passed),
            failed: report.count(|status| *status == Status::Failed),
            skipped: report.count(|status| matches!(status, Status::Skipped(_))),
            not_run: report.count(|status| *status == Status::NotRun),
            duration: report.duration.as_secs_f64() * 1000.0,
            unreferenced_snapshots: report.unreferenced_snapshots.iter().map(|path| shown(path)).collect(),
        };
        let scenarios = report.scenarios.iter().map(Self::Scenario);
        std::iter::once(first).chain(scenarios).chain(std::iter::once(last))
    }
}

/// The report as JSON lines.
///
/// # Errors
/// If a path is no Unicode text.
pub fn render(report: &Report) -> Result<String, RenderError> {
    let lines = Line::of(report).map(|line| serde_json::to_string(&line).map(|line| line + "\n"));
    Ok(lines.collect::<Result<_, _>>()?)
}

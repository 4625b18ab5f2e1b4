//! Reports that are written to files, or one of them to standard output.

use std::path::PathBuf;

use clap::Args;

use super::{is_standard_output, write_report};
use crate::report::{RenderError, Report, html, json_lines, junit};

/// Reports in files; `-` is standard output
#[derive(Clone, Debug, Args)]
pub(super) struct ReportFiles {
    /// Writes JUnit XML, for CI
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Writes JSON lines, for programs
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes a page with a sequence diagram of each scenario
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl ReportFiles {
    /// Whether they can be told apart: one at most goes to standard output.
    ///
    /// # Errors
    /// What is wrong with the options, for people.
    pub(super) fn check(&self) -> Result<(), String> {
        let all = [&self.junit, &self.json, &self.html].into_iter().flatten();
        match all.filter(|path| is_standard_output(path)).count() {
            0 | 1 => Ok(()),
            _ => Err("only one report can go to standard output: give the others a file".to_owned()),
        }
    }

    /// Writes those that are wanted, each whatever becomes of the others. Gives which cannot be written,
    /// and why.
    pub(super) fn write(&self, report: &Report) -> Vec<String> {
        type Render = fn(&Report) -> Result<String, RenderError>;
        let wanted: [(&Option<PathBuf>, Render); 3] =
            [(&self.junit, junit::render), (&self.json, json_lines::render), (&self.html, html::render)];
        let written = wanted.into_iter().filter_map(|(path, render)| {
            write_report(path.as_ref()?, render(report).map_err(|error| error.to_string())).err()
        });
        written.collect()
    }
}

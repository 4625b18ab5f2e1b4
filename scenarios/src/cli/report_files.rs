//! Reports that are written to files.

use std::path::PathBuf;

use clap::Args;

use super::write_file;
use crate::report::{RenderError, Report, html, json_lines, junit};

/// Reports in files
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
    /// Writes those that are wanted, each whatever becomes of the others. Gives which cannot be written,
    /// and why.
    pub(super) fn write(&self, report: &Report) -> Vec<String> {
        type Render = fn(&Report) -> Result<String, RenderError>;
        let wanted: [(&Option<PathBuf>, Render); 3] =
            [(&self.junit, junit::render), (&self.json, json_lines::render), (&self.html, html::render)];
        let written = wanted.into_iter().filter_map(|(path, render)| {
            write_file(path.as_ref()?, render(report).map_err(|error| error.to_string())).err()
        });
        written.collect()
    }
}

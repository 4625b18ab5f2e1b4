//! Reports that are written to files.

use std::path::{Path, PathBuf};

use clap::Args;

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
    /// Writes those that are wanted.
    ///
    /// # Errors
    /// Which file cannot be written, and why.
    pub(super) fn write(&self, report: &Report) -> Result<(), String> {
        type Render = fn(&Report) -> Result<String, RenderError>;
        let wanted: [(&Option<PathBuf>, Render); 3] =
            [(&self.junit, junit::render), (&self.json, json_lines::render), (&self.html, html::render)];
        for (path, render) in wanted {
            if let Some(path) = path {
                let text = render(report).map_err(|error| error.to_string());
                text.and_then(|text| write(path, &text).map_err(|error| error.to_string()))
                    .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
            }
        }
        Ok(())
    }
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

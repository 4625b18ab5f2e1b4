//! Which scenarios are run.

use clap::Args;

use super::Paths;
use crate::run::{RunOptions, TargetOptions};

/// Which scenarios are run
#[derive(Clone, Debug, Args)]
pub(super) struct ChoiceArgs {
    #[command(flatten)]
    pub(super) paths: Paths,
    /// Only scenarios whose name or path contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only scenarios with this tag; several are alternatives
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// How many scenarios run at a time [default: four for each core]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Passes even if no scenario runs to its end: none was chosen, or all were skipped
    #[arg(long)]
    allow_empty: bool,
}

impl ChoiceArgs {
    /// To run them once, in order.
    pub(super) fn options(&self, target: TargetOptions) -> RunOptions {
        RunOptions {
            filter: self.filter.clone(),
            tags: self.tags.clone(),
            jobs: self.jobs,
            allow_empty: self.allow_empty,
            ..RunOptions::new(self.paths.paths.clone(), target)
        }
    }
}

//! `digime-scenarios check`

use clap::Args;

use super::{Exit, Paths, colours, explain_files, fail, print, tell};
use crate::document;
use crate::snapshot;

/// Validates files without running them
#[derive(Clone, Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    paths: Paths,
    /// Passes even if there is no file
    #[arg(long)]
    allow_empty: bool,
}

pub(super) fn check(args: &CheckArgs) -> Exit {
    let mut folder = document::load(&args.paths.paths);
    folder.errors.extend(snapshot::shared(&folder.scenarios));
    tell(&explain_files(&folder.errors, colours()));
    let good = format!("{} scenarios and {} flows are well-formed", folder.scenarios.len(), folder.flows);
    match folder.errors.len() {
        0 if folder.scenarios.is_empty() && folder.flows == 0 && !args.allow_empty => {
            fail("there is no scenario file, so nothing was checked: allow it by --allow-empty", Exit::Usage)
        }
        0 => print(&format!("{good}\n"), Exit::Passed),
        1 => fail(&format!("1 file is wrong; {good}"), Exit::Usage),
        wrong => fail(&format!("{wrong} files are wrong; {good}"), Exit::Usage),
    }
}

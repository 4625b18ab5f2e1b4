//! `digime-scenarios verify`

use std::path::PathBuf;

use clap::Args;

use super::choice::ChoiceArgs;
use super::server::ServerArgs;
use super::{Exit, fail, run_now, write_file};
use crate::run::RunOptions;
use crate::verify::Verification;

/// Tells for each operation of a server which results are as the platform's
#[derive(Clone, Debug, Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Writes the table as JSON too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn verify(args: &VerifyArgs) -> Exit {
    let target = match args.server.target() {
        Ok(target) => target,
        Err(message) => return fail(&message, Exit::Usage),
    };
    let options = RunOptions { progress: true, ..args.choice.options(target) };
    let report = match run_now(&options) {
        Ok(report) => report,
        Err(exit) => return exit,
    };
    let verification = Verification::of(&report);
    print!("{}", verification.table());
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&verification).map_err(|error| error.to_string());
        if let Err(message) = write_file(path, text) {
            return fail(&message, Exit::Usage);
        }
    }
    match (verification.differences().next(), report.unreachable()) {
        (None, _) => Exit::Passed,
        (Some(_), true) => Exit::Unreachable,
        (Some(_), false) => Exit::Failed,
    }
}

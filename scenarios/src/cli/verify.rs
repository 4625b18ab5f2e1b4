//! `digime-scenarios verify`

use std::path::PathBuf;

use clap::Args;

use super::choice::ChoiceArgs;
use super::interrupt::Interrupt;
use super::server::ServerArgs;
use super::{Exit, fail, is_standard_output, judged, print, progress, run_now, tell, write_report};
use crate::compare::Verification;
use crate::report::console::printable;
use crate::run::RunOptions;

/// Tells for each operation of a server which results are as the platform's
#[derive(Clone, Debug, Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Writes the table as JSON too; with `-` to standard output, and the table to standard error
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
    let options = RunOptions { progress: Some(progress::bar()), ..args.choice.options(target) };
    let interrupt = Interrupt::listen();
    let report = match run_now(&options, &interrupt) {
        Ok(report) => report,
        Err(exit) => return exit,
    };
    let verification = Verification::of(&report);
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&verification).map_err(|error| error.to_string());
        if let Err(message) = write_report(path, text) {
            return fail(&message, Exit::Usage);
        }
    }
    let exit = match (verification.differences().next(), report.unreachable()) {
        (None, _) => Exit::Passed,
        (Some(_), true) => Exit::Unreachable,
        (Some(_), false) => Exit::Failed,
    };
    let exit = judged(&[&report], &interrupt, exit);
    let table = printable(&verification.table());
    if args.json.as_deref().is_some_and(is_standard_output) {
        tell(&table);
        return exit;
    }
    print(&table, exit)
}

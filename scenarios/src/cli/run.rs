//! `digime-scenarios run`

use clap::{ArgGroup, Args};

use super::choice::ChoiceArgs;
use super::interrupt::Interrupt;
use super::report_files::ReportFiles;
use super::server::ServerArgs;
use super::watch::{Change, Watch};
use super::{Exit, colours, explain_files, fail, judged, progress, run_now, tell};
use crate::report::console::{ConsoleStyle, render};
use crate::run::RunOptions;
use crate::snapshot::SnapshotMode;

/// Runs scenarios
#[derive(Clone, Debug, Args)]
#[command(group(ArgGroup::new("snapshots").args(["accept", "review", "check"])))]
pub(super) struct RunArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Stops at the first failure
    #[arg(long)]
    fail_fast: bool,
    /// How often each scenario runs
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Shuffles the order, the same way for the same seed
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Runs again what is changed, until it is stopped
    #[arg(long)]
    watch: bool,
    /// Lists passed scenarios too
    #[arg(long, short)]
    verbose: bool,
    /// Replaces snapshots that differ
    #[arg(long)]
    accept: bool,
    /// Writes new snapshots beside the old ones, for `cargo insta review`
    #[arg(long)]
    review: bool,
    /// For CI: writes nothing; missing and unreferenced snapshots fail
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    files: ReportFiles,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &RunArgs) -> Exit {
    let target = match args.files.check().and_then(|()| args.server.target()) {
        Ok(target) => target,
        Err(message) => return fail(&message, Exit::Usage),
    };
    let options = RunOptions {
        fail_fast: args.fail_fast,
        repeat: args.repeat,
        seed: args.seed,
        snapshots: mode(args),
        progress: Some(progress::bar()),
        ..args.choice.options(target)
    };
    let interrupt = Interrupt::listen();
    match args.watch {
        true => run_and_watch(args, &options, &interrupt),
        false => run_once(args, &options, &interrupt),
    }
}

/// Runs all, and then again and again what is changed.
fn run_and_watch(args: &RunArgs, options: &RunOptions, interrupt: &Interrupt) -> Exit {
    let mut watch = match Watch::start(&options.paths) {
        Ok(watch) => watch,
        Err(error) => return fail(&format!("the files cannot be watched: {error}"), Exit::Usage),
    };
    let mut last = run_once(args, options, interrupt);
    loop {
        if let Some(exit) = interrupt.came() {
            return exit;
        }
        tell("waiting for changes\n");
        let Some(Change { scenarios, errors }) = watch.next() else { return last };
        if !scenarios.is_empty() {
            last = run_once(args, &RunOptions { paths: scenarios, ..options.clone() }, interrupt);
        }
        if !errors.is_empty() {
            last = fail(&explain_files(&errors, colours()), Exit::Usage);
        }
    }
}

fn run_once(args: &RunArgs, options: &RunOptions, interrupt: &Interrupt) -> Exit {
    let report = match run_now(options, interrupt) {
        Ok(report) => report,
        Err(exit) => return exit,
    };
    let style = ConsoleStyle { colours: colours(), verbose: args.verbose };
    tell(&render(&report, style));
    let unwritten = args.files.write(&report);
    let exit = match (report.passed(), report.unreachable()) {
        (true, _) => Exit::Passed,
        (false, true) => Exit::Unreachable,
        (false, false) => Exit::Failed,
    };
    let exit = judged(&[&report], interrupt, exit);
    match unwritten.is_empty() {
        true => exit,
        false => fail(&unwritten.join("\n"), Exit::Usage),
    }
}

fn mode(args: &RunArgs) -> SnapshotMode {
    match (args.accept, args.review, args.check) {
        (true, _, _) => SnapshotMode::Accept,
        (_, true, _) => SnapshotMode::Review,
        (_, _, true) => SnapshotMode::Check,
        _ => SnapshotMode::Compare,
    }
}

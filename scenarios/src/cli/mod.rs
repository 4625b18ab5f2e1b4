//! The program `digime-scenarios`.

mod check;
mod choice;
#[cfg(feature = "embedded")]
mod console;
mod diff;
mod environment;
mod help;
mod interrupt;
mod list;
mod new;
mod output;
mod progress;
mod record;
mod report_files;
mod run;
mod server;
mod verify;
mod watch;

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use interrupt::Interrupt;
use miette::{GraphicalReportHandler, GraphicalTheme};
use output::{fail, is_standard_output, print, tell, write_new, write_report};
use tokio::runtime::Runtime;

use crate::document::FileError;
use crate::report::Report;
use crate::run::{RunError, RunOptions};
use crate::target::TargetError;

/// How a run ends, as its exit code says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All passed.
    Passed = 0,
    /// A scenario failed.
    Failed = 1,
    /// Wrong use: an option, a file; or nothing ran.
    Usage = 2,
    /// The server could not be reached.
    Unreachable = 3,
    /// Stopped by Ctrl-C.
    Interrupted = 130,
    /// Stopped by `SIGTERM`.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Replays flows of the digi.me platform from YAML files.
///
/// Exit codes: 0 all passed, 1 a scenario failed, 2 wrong use or nothing ran, 3 the server could not be
/// reached, 130 stopped by Ctrl-C, 143 by SIGTERM.
///
/// An environment variable that is set but empty counts as unset.
#[derive(Debug, Parser)]
#[command(name = "digime-scenarios", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs scenarios
    Run(Box<run::RunArgs>),
    /// Tells for each operation of a server which results are as the platform's
    Verify(Box<verify::VerifyArgs>),
    /// Runs scenarios against two servers and tells where these differ
    Diff(Box<diff::DiffArgs>),
    /// Starts a mock server whose console runs scenarios
    #[cfg(feature = "embedded")]
    Console(console::ConsoleArgs),
    /// Turns the traffic that a mock server saw into a scenario
    Record(record::RecordArgs),
    /// Validates files without running them
    Check(check::CheckArgs),
    /// Lists scenarios
    List(list::ListArgs),
    /// Writes a scenario to begin with
    New(new::NewArgs),
    /// Writes the JSON Schema of scenario files, for editors
    Schema,
    /// Writes completions for a shell
    Completions(help::CompletionsArgs),
    /// Writes the manual page
    Man,
}

/// Scenario files, and folders of them.
#[derive(Clone, Debug, Args)]
struct Paths {
    /// Scenario files, and folders of them
    #[arg(default_value = "scenarios/flows")]
    paths: Vec<PathBuf>,
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let command = environment::without_blank(Cli::command());
    let parsed =
        command.clone().try_get_matches_from(&args).and_then(|matches| Cli::from_arg_matches(&matches));
    let exit = match parsed {
        Ok(cli) => cli.command.run(),
        Err(error) => {
            // Says --help and --version too, with 0.
            let _ = error.print();
            match error.exit_code() {
                0 => return ExitCode::SUCCESS,
                _ => Exit::Usage,
            }
        }
    };
    if exit == Exit::Usage {
        for given in environment::given(&command, &args) {
            tell(&format!("note: {given}\n"));
        }
    }
    exit.into()
}

impl Command {
    fn run(self) -> Exit {
        match self {
            Self::Run(args) => run::run(&args),
            Self::Verify(args) => verify::verify(&args),
            Self::Diff(args) => diff::diff(&args),
            #[cfg(feature = "embedded")]
            Self::Console(args) => console::console(&args),
            Self::Record(args) => record::record(&args),
            Self::Check(args) => check::check(&args),
            Self::List(args) => list::list(&args),
            Self::New(args) => new::new(&args),
            Self::Schema => print(&format!("{:#}\n", crate::document::schema()), Exit::Passed),
            Self::Completions(args) => help::completions(&args, Cli::command()),
            Self::Man => help::man(Cli::command()),
        }
    }
}

/// Whether colours suit standard error.
fn colours() -> bool {
    std::io::stderr().is_terminal() && environment::variable("NO_COLOR").is_none()
}

/// Files and what is wrong with them, the text quoted.
fn explain_files(errors: &[FileError], colours: bool) -> String {
    let theme = if colours { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(110);
    let mut text = String::new();
    for error in errors {
        if handler.render_report(&mut text, error).is_err() {
            text.push_str(&format!("{error}\n"));
        }
    }
    text
}

/// Why nothing was run, for people.
fn explain_run_error(error: &RunError, colours: bool) -> String {
    match error {
        RunError::Files(errors) => format!("{}{error}\n", explain_files(errors, colours)),
        other => format!("{other}\n"),
    }
}

/// Runs scenarios until they end or are stopped; says why, if nothing could be run.
fn run_now(options: &RunOptions, interrupt: &Interrupt) -> Result<Report, Exit> {
    let _guard = interrupt.stops(&options.stop);
    let ran = runtime()?.block_on(crate::run::run(options));
    ran.map_err(|error| fail(&explain_run_error(&error, colours()), exit_of(&error)))
}

/// How a command ends whose runs were reported: stopped, without anything that ran, or as `judged`.
fn judged(reports: &[&Report], interrupt: &Interrupt, judged: Exit) -> Exit {
    if let Some(exit) = interrupt.came() {
        return fail("stopped: what had not ended is not run", exit);
    }
    match reports.iter().any(|report| report.is_empty() && !report.allow_empty) {
        true => fail(NOTHING_RAN, Exit::Usage),
        false => judged,
    }
}

const NOTHING_RAN: &str = "no scenario ran to its end, so nothing is proven: see why they were skipped, or allow it by \
                           --allow-empty";

fn runtime() -> Result<Runtime, Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| fail(&format!("no runtime: {error}"), Exit::Usage))
}

/// How a run that could not begin ends.
fn exit_of(error: &RunError) -> Exit {
    match error {
        RunError::Target(TargetError::Unreachable { .. } | TargetError::ControlUnreachable(_)) => {
            Exit::Unreachable
        }
        _ => Exit::Usage,
    }
}

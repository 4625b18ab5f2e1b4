//! The program `digime-scenarios`.

mod check;
mod choice;
mod diff;
mod list;
mod new;
mod record;
mod report_files;
mod run;
mod server;
mod verify;
mod watch;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use miette::{GraphicalReportHandler, GraphicalTheme};
use tokio::runtime::Runtime;

use crate::load::FileError;
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
    /// Wrong use: an option, a file.
    Usage = 2,
    /// The server could not be reached.
    Unreachable = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Replays flows of the digi.me platform from YAML files.
///
/// Exit codes: 0 all passed, 1 a scenario failed, 2 wrong use, 3 the server could not be reached.
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
    /// Turns the traffic that a mock server saw into a scenario
    Record(record::RecordArgs),
    /// Validates files without running them
    Check(Paths),
    /// Lists scenarios
    List(list::ListArgs),
    /// Writes a scenario to begin with
    New(new::NewArgs),
    /// Writes the JSON Schema of scenario files, for editors
    Schema,
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
    // Errors of the command line exit with 2 here, and --help with 0.
    match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Verify(args) => verify::verify(&args),
        Command::Diff(args) => diff::diff(&args),
        Command::Record(args) => record::record(&args),
        Command::Check(args) => check::check(&args.paths),
        Command::List(args) => list::list(&args),
        Command::New(args) => new::new(&args),
        Command::Schema => {
            println!("{:#}", crate::format::schema());
            Exit::Passed
        }
    }
    .into()
}

/// Whether colours suit standard error.
fn colours() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
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
pub(crate) fn explain_run_error(error: &RunError, colours: bool) -> String {
    match error {
        RunError::Files(errors) => format!("{}{error}\n", explain_files(errors, colours)),
        other => format!("{other}\n"),
    }
}

/// Runs scenarios; says why, if nothing could be run.
fn run_now(options: &RunOptions) -> Result<Report, Exit> {
    let ran = runtime()?.block_on(crate::run::run(options));
    ran.map_err(|error| fail(&explain_run_error(&error, colours()), exit_of(&error)))
}

fn runtime() -> Result<Runtime, Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| fail(&format!("no runtime: {error}"), Exit::Usage))
}

/// Says what is wrong, and how the program ends.
fn fail(message: &str, exit: Exit) -> Exit {
    eprintln!("{}", message.trim_end());
    exit
}

/// Writes a file, and the folders that lead to it.
fn write_file(path: &Path, text: Result<String, String>) -> Result<(), String> {
    let write = |text: String| {
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder.and_then(|()| std::fs::write(path, text)).map_err(|error| error.to_string())
    };
    text.and_then(write).map_err(|error| format!("{} cannot be written: {error}", path.display()))
}

/// How a run that could not begin ends.
fn exit_of(error: &RunError) -> Exit {
    match error {
        RunError::Target(TargetError::Unreachable { .. }) => Exit::Unreachable,
        _ => Exit::Usage,
    }
}

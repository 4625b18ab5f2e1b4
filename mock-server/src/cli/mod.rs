//! The command line of `digime-mock`.

mod dataset;
mod explain;
mod init;
mod serve;

use clap::{Parser, Subcommand};

/// A digi.me-compatible mock server for development, tests and partners.
#[derive(Debug, Parser)]
#[command(name = "digime-mock", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server (the default).
    Serve(Box<serve::ServeArgs>),
    /// Write digime-mock.toml with every setting and its default.
    Init(init::InitArgs),
    /// Tell why a request was refused, by the error.reference of its answer.
    Explain(explain::ExplainArgs),
    /// Make datasets.
    #[command(subcommand)]
    Dataset(dataset::DatasetCommand),
}

/// An end of the program other than success.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    fn new(problem: impl std::fmt::Display) -> Self {
        Self(problem.to_string())
    }
}

/// Runs the program with the arguments of the process.
///
/// # Errors
/// [`Failure`] with a text for the user.
pub fn run() -> Result<(), Failure> {
    let cli = Cli::parse();
    match cli.command {
        None => serve::run(cli.serve),
        Some(Command::Serve(args)) => serve::run(*args),
        Some(Command::Init(args)) => init::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Dataset(command)) => dataset::run(command),
    }
}

//! The command line of `digime-mock`.

mod administration;
mod ca;
mod client;
mod contract;
mod dataset;
mod explain;
mod failure;
mod init;
mod key;
mod open;
mod output;
mod partner;
mod probe;
mod serve;
mod server_args;
mod shell;
mod state;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

/// A digi.me-compatible mock server for development, tests and partners.
#[derive(Debug, Parser)]
#[command(
    name = "digime-mock",
    version,
    args_conflicts_with_subcommands = true,
    after_help = EXIT_CODES,
    after_long_help = LONG_HELP
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::ServeArgs,
}

const EXIT_CODES: &str = "\
Exit codes: 0 success; 1 it failed on the way; 2 the arguments, a variable or the configuration file \
cannot be used.";

const LONG_HELP: &str = "\
Settings:
  Each flag of serve is also an environment variable, which its help names, and a key of the configuration
  file, which `digime-mock init` writes with all defaults. A flag wins over a variable, and a variable over
  the file; lists of flags or variables add to those of the file. A variable that is empty counts as unset.

Exit codes:
  0  success; for serve: it was asked to stop, and did
  1  it failed on the way: the port is taken, a file cannot be written, no server answers
  2  the arguments, a variable or the configuration file cannot be used; the error names which";

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server (the default).
    Serve(Box<serve::ServeArgs>),
    /// Ask whether a server is up, for containers: exit code 0, or 1 and why not.
    Health(probe::ProbeArgs),
    /// Ask whether a server takes requests, or wait until it does, for scripts: digime-mock ready --wait 30s
    Ready(probe::ProbeArgs),
    /// Write digime-mock.toml with every setting and its default.
    Init(init::InitArgs),
    /// Tell why a request was refused, by the error.reference of its answer.
    Explain(explain::ExplainArgs),
    /// Print the CA that clients of serve --tls must trust, as PEM; makes it if there is none.
    Ca(ca::CaArgs),
    /// Print the private key of a contract in the form that a client takes it in.
    Key(key::KeyArgs),
    /// List, make, rotate and remove contracts of a server that is running.
    Contract(contract::ContractArgs),
    /// List, make, change and remove partners of a server that is running.
    Partner(partner::PartnerArgs),
    /// Write all of a sandbox of a server that is running into a file, or make one of a file.
    State(state::StateArgs),
    /// Open a link of an app on the user's phone: older generations ask for consent there.
    Open(open::OpenArgs),
    /// Make datasets.
    #[command(subcommand)]
    Dataset(dataset::DatasetCommand),
    /// Print completions for a shell, such as: digime-mock completions bash > /etc/bash_completion.d/digime-mock
    Completions(shell::CompletionsArgs),
    /// Print the manual page of the program, or of one of its commands, such as: digime-mock man | man -l -
    Man(shell::ManArgs),
}

/// Runs the program with the arguments of the process.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        None => serve::run(cli.serve),
        Some(Command::Serve(args)) => serve::run(*args),
        Some(Command::Health(args)) => probe::health(args),
        Some(Command::Ready(args)) => probe::ready(args),
        Some(Command::Init(args)) => init::run(&args),
        Some(Command::Explain(args)) => explain::run(args),
        Some(Command::Ca(args)) => ca::run(args),
        Some(Command::Key(args)) => key::run(args),
        Some(Command::Contract(args)) => contract::run(args),
        Some(Command::Partner(args)) => partner::run(args),
        Some(Command::State(args)) => state::run(args),
        Some(Command::Open(args)) => open::run(args),
        Some(Command::Dataset(command)) => dataset::run(command),
        Some(Command::Completions(args)) => shell::completions(&args, Cli::command()),
        Some(Command::Man(args)) => shell::man(&args, Cli::command()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}

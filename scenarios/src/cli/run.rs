//! `digime-scenarios run`

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::report_files::ReportFiles;
use super::{Exit, Paths, colours, exit_of, explain_run_error};
use crate::report::console::{ConsoleStyle, render};
use crate::run::{RunOptions, TargetOptions};
use crate::snapshot::SnapshotMode;
use crate::target::{ContractOptions, ServerOptions};

/// Runs scenarios
#[derive(Clone, Debug, Args)]
#[command(group(ArgGroup::new("snapshots").args(["accept", "review", "check"])))]
pub(super) struct RunArgs {
    #[command(flatten)]
    paths: Paths,
    /// Only scenarios whose name or path contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only scenarios with this tag; several are alternatives
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Stops at the first failure
    #[arg(long)]
    fail_fast: bool,
    /// How often each scenario runs
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Shuffles the order, the same way for the same seed
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many scenarios run at a time [default: four for each core]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
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

/// A server to test instead of one in this process
#[derive(Clone, Debug, Args)]
pub(super) struct ServerArgs {
    /// API root, or the origin of a mock server, instead of a server in this process
    #[arg(long, value_name = "URL", env = "DIGIME_BASE_URL")]
    base_url: Option<String>,
    /// Consent web client [default: /apps/saas/ of the API's origin]
    #[arg(long, value_name = "URL", env = "DIGIME_ONBOARD_URL", requires = "base_url")]
    onboard_url: Option<String>,
    /// Storage [default: /v1/ of the API's origin]
    #[arg(long, value_name = "URL", env = "DIGIME_CLOUD_URL", requires = "base_url")]
    cloud_url: Option<String>,
    /// Application; without it a mock server makes a sandbox for each scenario
    #[arg(long, value_name = "ID", env = "DIGIME_APPLICATION_ID", requires_all = ["base_url", "contract", "key_file"])]
    application_id: Option<String>,
    /// Contract, as [KIND=]ID; the kind is `read` if not given; may be repeated
    #[arg(long, value_name = "[KIND=]ID", env = "DIGIME_CONTRACT", requires = "application_id")]
    contract: Vec<String>,
    /// File of the contract's private key (PEM), one for each --contract, in the same order
    #[arg(long, value_name = "FILE", env = "DIGIME_KEY_FILE", requires = "application_id")]
    key_file: Vec<PathBuf>,
}

impl ServerArgs {
    /// What is tested.
    ///
    /// # Errors
    /// What is wrong with the options, for people.
    pub(super) fn target(&self) -> Result<TargetOptions, String> {
        let Some(base_url) = &self.base_url else { return embedded() };
        if self.contract.len() != self.key_file.len() {
            return Err("each --contract needs a --key-file, in the same order".to_owned());
        }
        let contracts = self.contract.iter().zip(&self.key_file).map(|(contract, key_file)| {
            let (kind, id) = contract.split_once('=').unwrap_or(("read", contract));
            ContractOptions { kind: kind.to_owned(), id: id.to_owned(), key_file: key_file.clone() }
        });
        Ok(TargetOptions::Server(ServerOptions {
            base_url: base_url.clone(),
            onboard_url: self.onboard_url.clone(),
            cloud_url: self.cloud_url.clone(),
            application_id: self.application_id.clone(),
            contracts: contracts.collect(),
        }))
    }
}

#[cfg(feature = "embedded")]
fn embedded() -> Result<TargetOptions, String> {
    Ok(TargetOptions::Embedded)
}

#[cfg(not(feature = "embedded"))]
fn embedded() -> Result<TargetOptions, String> {
    Err("this program was built without a server of its own: name one by --base-url".to_owned())
}

pub(super) fn run(args: &RunArgs) -> Exit {
    let target = match args.server.target() {
        Ok(target) => target,
        Err(message) => return fail(&message, Exit::Usage),
    };
    let options = RunOptions {
        filter: args.filter.clone(),
        tags: args.tags.clone(),
        fail_fast: args.fail_fast,
        repeat: args.repeat,
        seed: args.seed,
        jobs: args.jobs,
        snapshots: mode(args),
        progress: true,
        ..RunOptions::new(args.paths.paths.clone(), target)
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("no runtime: {error}"), Exit::Usage),
    };
    match runtime.block_on(crate::run::run(&options)) {
        Ok(report) => {
            let style = ConsoleStyle { colours: colours(), verbose: args.verbose };
            eprint!("{}", render(&report, style));
            if let Err(message) = args.files.write(&report) {
                return fail(&message, Exit::Usage);
            }
            match (report.passed(), report.unreachable()) {
                (true, _) => Exit::Passed,
                (false, true) => Exit::Unreachable,
                (false, false) => Exit::Failed,
            }
        }
        Err(error) => fail(&explain_run_error(&error, colours()), exit_of(&error)),
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

fn fail(message: &str, exit: Exit) -> Exit {
    eprintln!("{}", message.trim_end());
    exit
}

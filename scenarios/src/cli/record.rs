//! `digime-scenarios record`

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::{Exit, colours, fail, run_now, runtime};
use crate::report::console::{ConsoleStyle, render};
use crate::run::{RunOptions, TargetOptions, http_client};
use crate::target::{Control, ControlError, ServerOptions};
use crate::transcribe::transcribe;

/// Turns the traffic that a mock server saw into a scenario
///
/// Let the client do what it shall, then record. The scenario is run once at the same server, in a
/// sandbox of its own, to show that it passes.
#[derive(Clone, Debug, Args)]
pub(super) struct RecordArgs {
    /// The scenario file to write
    file: PathBuf,
    /// Origin of the mock server
    #[arg(long, value_name = "URL", env = "DIGIME_BASE_URL")]
    base_url: String,
    /// The sandbox that the client used [default: the server's own]
    #[arg(long, value_name = "ID")]
    sandbox: Option<String>,
    /// What the scenario is called
    #[arg(long, default_value = "Recorded traffic")]
    name: String,
}

pub(super) fn record(args: &RecordArgs) -> Exit {
    let seen = match runtime().map(|runtime| runtime.block_on(seen(args))) {
        Ok(seen) => seen,
        Err(exit) => return exit,
    };
    let (journal, contracts) = match seen {
        Ok(seen) => seen,
        Err(error @ ControlError::Unreachable(_)) => return fail(&error.to_string(), Exit::Unreachable),
        Err(error) => return fail(&error.to_string(), Exit::Usage),
    };
    let transcribed = match transcribe(&args.name, &journal, &contracts) {
        Ok(transcribed) => transcribed,
        Err(message) => return fail(&message, Exit::Usage),
    };
    if let Err(error) = write_new(&args.file, &transcribed.text) {
        return fail(&format!("{} cannot be written: {error}", args.file.display()), Exit::Usage);
    }
    for line in &transcribed.left_out {
        eprintln!("left out: {line}");
    }
    println!("{}: {} requests", args.file.display(), transcribed.requests);
    replay(args)
}

/// The journal, and the kinds of contracts by client id.
async fn seen(args: &RecordArgs) -> Result<(Vec<Value>, BTreeMap<String, String>), ControlError> {
    let http = http_client().map_err(|error| ControlError::Refused(error.to_string()))?;
    let origin = url::Url::parse(&args.base_url)
        .map(|url| url.origin().ascii_serialization())
        .map_err(|error| ControlError::Refused(format!("--base-url: {error}")))?;
    let stage = Control::of_sandbox(&http, &origin, args.sandbox.as_deref()).await?;
    let client_id = |contract: &str| format!("{}_{contract}", stage.application_id);
    let contracts = stage.contracts.iter();
    let contracts =
        contracts.map(|contract| (client_id(&contract.contract_id), contract.kind.clone())).collect();
    match &stage.control {
        Some(control) => Ok((control.requests().await?, contracts)),
        None => Ok((Vec::new(), contracts)),
    }
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

fn replay(args: &RecordArgs) -> Exit {
    let server = ServerOptions { base_url: args.base_url.clone(), ..ServerOptions::default() };
    match run_now(&RunOptions::new([args.file.clone()], TargetOptions::Server(server))) {
        Ok(report) => {
            eprint!("{}", render(&report, ConsoleStyle { colours: colours(), verbose: false }));
            if report.passed() { Exit::Passed } else { Exit::Failed }
        }
        Err(exit) => exit,
    }
}

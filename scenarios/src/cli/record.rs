//! `digime-scenarios record`

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::interrupt::Interrupt;
use super::server::{admin_token, ca};
use super::{Exit, colours, fail, is_standard_output, judged, print, run_now, runtime, tell, write_new};
use crate::report::console::{ConsoleStyle, render};
use crate::run::{RunOptions, TargetOptions};
use crate::target::{Control, ControlError, ServerOptions, http_client};
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
    /// Token of the mock server's control API, if it was started with one
    #[arg(long, value_name = "TOKEN", env = "DIGIME_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// CA to trust besides those of the system (PEM), if the server speaks https
    #[arg(long, value_name = "FILE", env = "DIGIME_CA")]
    ca: Option<PathBuf>,
    /// The sandbox that the client used [default: the server's own]
    #[arg(long, value_name = "ID")]
    sandbox: Option<String>,
    /// What the scenario is called
    #[arg(long, default_value = "Recorded traffic")]
    name: String,
}

pub(super) fn record(args: &RecordArgs) -> Exit {
    if is_standard_output(&args.file) {
        return fail("the scenario is run once it is written, so it needs a file: name one", Exit::Usage);
    }
    let mut server = ServerOptions::new(&args.base_url);
    server.admin_token = match admin_token("--admin-token", args.admin_token.as_deref()) {
        Ok(token) => token,
        Err(message) => return fail(&message, Exit::Usage),
    };
    server.ca = match ca("--ca", args.ca.as_deref()) {
        Ok(ca) => ca,
        Err(message) => return fail(&message, Exit::Usage),
    };
    let seen = runtime().and_then(|runtime| runtime.block_on(seen(&server, args.sandbox.as_deref())));
    let (journal, contracts) = match seen {
        Ok(seen) => seen,
        Err(exit) => return exit,
    };
    let transcribed = match transcribe(&args.name, &journal, &contracts) {
        Ok(transcribed) => transcribed,
        Err(message) => return fail(&message, Exit::Usage),
    };
    if let Err(message) = write_new(&args.file, &transcribed.text) {
        return fail(&message, Exit::Usage);
    }
    for line in &transcribed.left_out {
        tell(&format!("left out: {line}\n"));
    }
    let written = format!("{}: {} requests\n", args.file.display(), transcribed.requests);
    print(&written, replay(args, server))
}

/// The journal, and the kinds of contracts by client id.
async fn seen(
    server: &ServerOptions,
    sandbox: Option<&str>,
) -> Result<(Vec<Value>, BTreeMap<String, String>), Exit> {
    let usage = |error: &dyn std::fmt::Display| fail(&error.to_string(), Exit::Usage);
    let url =
        url::Url::parse(server.base_url.trim()).map_err(|error| usage(&format!("--base-url: {error}")))?;
    let http = http_client(Some(url.as_str()), server.ca.as_ref()).map_err(|error| usage(&error))?;
    let control = Control::at(http, url.origin().ascii_serialization(), server.admin_token.clone());
    let told = |error: ControlError| match error {
        ControlError::Unreachable(_) => fail(&error.to_string(), Exit::Unreachable),
        error => usage(&error),
    };
    let environment = control.of_sandbox(sandbox).await.map_err(told)?;
    let client_id = |contract: &str| format!("{}_{contract}", environment.application_id);
    let contracts = environment.contracts.iter();
    let contracts =
        contracts.map(|contract| (client_id(&contract.contract_id), contract.kind.clone())).collect();
    match &environment.control {
        Some(control) => Ok((control.requests().await.map_err(told)?, contracts)),
        None => Ok((Vec::new(), contracts)),
    }
}

fn replay(args: &RecordArgs, server: ServerOptions) -> Exit {
    let options = RunOptions::new([args.file.clone()], TargetOptions::Server(server));
    let interrupt = Interrupt::listen();
    match run_now(&options, &interrupt) {
        Ok(report) => {
            tell(&render(&report, ConsoleStyle { colours: colours(), verbose: false }));
            judged(&[&report], &interrupt, if report.passed() { Exit::Passed } else { Exit::Failed })
        }
        Err(exit) => exit,
    }
}

//! `digime-scenarios diff`

use std::path::PathBuf;

use clap::Args;

use super::choice::ChoiceArgs;
use super::interrupt::Interrupt;
use super::server::ServerArgs;
use super::{Exit, colours, fail, judged, print, progress, run_now};
use crate::compare::Drift;
use crate::report::Report;
use crate::report::console::printable;
use crate::run::RunOptions;

/// Runs scenarios against two servers and tells where these differ
#[derive(Clone, Debug, Args)]
pub(super) struct DiffArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    other: OtherArgs,
}

/// The other server, without which the server in this process is compared
#[derive(Clone, Debug, Args)]
struct OtherArgs {
    /// The other server's API root, or the origin of a mock server
    #[arg(long, value_name = "URL", required_unless_present = "base_url")]
    other_base_url: Option<String>,
    /// The other server's consent web client
    #[arg(long, value_name = "URL", requires = "other_base_url")]
    other_onboard_url: Option<String>,
    /// The other server's storage
    #[arg(long, value_name = "URL", requires = "other_base_url")]
    other_cloud_url: Option<String>,
    /// Application at the other server
    #[arg(long, value_name = "ID", requires_all = ["other_base_url", "other_contract", "other_key_file"])]
    other_application_id: Option<String>,
    /// Contract at the other server
    #[arg(long, value_name = "[KIND=]ID", value_delimiter = ',', requires = "other_application_id")]
    other_contract: Vec<String>,
    /// File of that contract's private key (PEM)
    #[arg(long, value_name = "FILE", value_delimiter = ',', requires = "other_application_id")]
    other_key_file: Vec<PathBuf>,
    /// Token of the other mock server's control API
    #[arg(
        long,
        value_name = "TOKEN",
        requires = "other_base_url",
        env = "DIGIME_OTHER_ADMIN_TOKEN",
        hide_env_values = true
    )]
    other_admin_token: Option<String>,
    /// CA to trust (PEM), if the other server speaks https
    #[arg(long, value_name = "FILE", requires = "other_base_url")]
    other_ca: Option<PathBuf>,
}

impl From<&OtherArgs> for ServerArgs {
    fn from(other: &OtherArgs) -> Self {
        let other = other.clone();
        Self {
            base_url: other.other_base_url,
            onboard_url: other.other_onboard_url,
            cloud_url: other.other_cloud_url,
            application_id: other.other_application_id,
            contract: other.other_contract,
            key_file: other.other_key_file,
            admin_token: other.other_admin_token,
            ca: other.other_ca,
        }
    }
}

pub(super) fn diff(args: &DiffArgs) -> Exit {
    let targets = args.server.target().and_then(|one| Ok((one, ServerArgs::from(&args.other).target()?)));
    let (one, other) = match targets {
        Ok(targets) => targets,
        Err(message) => return fail(&message, Exit::Usage),
    };
    let interrupt = Interrupt::listen();
    let run = |target| {
        let options = RunOptions { progress: Some(progress::bar()), ..args.choice.options(target) };
        let report = run_now(&options, &interrupt)?;
        // Half a run differs from everything.
        interrupt.came().map_or(Ok(report), |exit| Err(fail("stopped: nothing is compared", exit)))
    };
    let (one, other) = match run(one).and_then(|one| Ok((one, run(other)?))) {
        Ok(reports) => reports,
        Err(exit) => return exit,
    };
    if one.unreachable() || other.unreachable() {
        return fail("a server went away while the scenarios ran", Exit::Unreachable);
    }
    let drift = Drift::between(&one, &other);
    let exit = if drift.is_empty() { Exit::Passed } else { Exit::Failed };
    // A difference is told whatever ran; that there is none counts only if both servers were asked.
    let asked: &[&Report] = if drift.is_empty() { &[&one, &other] } else { &[] };
    print(&told(&drift), judged(asked, &interrupt, exit))
}

fn told(drift: &Drift) -> String {
    let [one, other] = &drift.targets;
    let mut text = format!("- {one}\n+ {other}\n");
    for step in &drift.steps {
        text.push_str(&printable(&format!("\n{}, step {}\n", step.scenario, step.step)));
        for line in printable(&step.diff).lines() {
            let code = match (line.as_bytes().first(), colours()) {
                (Some(b'-'), true) => Some("31"),
                (Some(b'+'), true) => Some("32"),
                _ => None,
            };
            match code {
                Some(code) => text.push_str(&format!("  \u{1b}[{code}m{line}\u{1b}[0m\n")),
                None => text.push_str(&format!("  {line}\n")),
            }
        }
    }
    let count = drift.steps.len();
    text.push_str(&format!("\n{count} of {} steps differ\n", drift.compared));
    text
}

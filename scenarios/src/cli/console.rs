//! `digime-scenarios console`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use digime_mock_server::MockServer;
use digime_mock_server::settings::AdminToken;
use include_dir::{Dir, include_dir};
use tempfile::TempDir;

use super::{Exit, fail, print, runtime, tell};
use crate::console::{ConsoleRunner, ScenarioFolder};

/// The scenarios that come with the program.
static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/flows");

/// Starts a mock server whose console runs scenarios
#[derive(Clone, Debug, Args)]
pub(super) struct ConsoleArgs {
    /// Your own scenario files, and folders of them, besides those that come with the program
    paths: Vec<PathBuf>,
    /// Port to listen on, at this machine alone
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Token that administration wants, the console included
    #[arg(long, value_name = "TOKEN", env = "DIGIME_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
}

pub(super) fn console(args: &ConsoleArgs) -> Exit {
    let missing = args.paths.iter().find(|path| !path.exists());
    if let Some(path) = missing {
        return fail(&format!("there is no {}", path.display()), Exit::Usage);
    }
    let token = match args.admin_token.as_deref().map(AdminToken::new).transpose() {
        Ok(token) => token,
        Err(error) => return fail(&format!("--admin-token: {error}"), Exit::Usage),
    };
    let shipped = match unpacked() {
        Ok(folder) => folder,
        Err(error) => {
            return fail(&format!("the scenarios of the program cannot be unpacked: {error}"), Exit::Usage);
        }
    };
    let own = args.paths.iter().map(ScenarioFolder::new);
    let came = ScenarioFolder { path: shipped.path().to_owned(), name: "shipped".to_owned() };
    let runner = Arc::new(ConsoleRunner::new(own.chain([came]).collect()));
    let port = args.port;
    let builder = MockServer::builder().allow_refusals().allow_unused_faults().scenario_runner(runner);
    let server = builder.settings(move |settings| {
        settings.port = port;
        settings.admin_token = token;
    });
    let server = match server.try_start() {
        Ok(server) => server,
        Err(error) => return fail(&error.to_string(), Exit::Usage),
    };
    let url = server.url();
    let printed = print(
        &format!("console   {url}/__admin/ui/scenarios\nserver    {url}\nCtrl-C ends it\n"),
        Exit::Passed,
    );
    let ended = runtime().map(|runtime| runtime.block_on(interrupted()));
    match ended {
        Ok(Ok(())) => {
            tell("stopped\n");
            printed
        }
        Ok(Err(error)) => fail(&format!("signals cannot be waited for: {error}"), Exit::Usage),
        Err(exit) => exit,
    }
}

/// The shipped scenarios in a folder, because scenarios name their flows and snapshots by paths.
fn unpacked() -> std::io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("digime-scenarios-").tempdir()?;
    SHIPPED.extract(folder.path())?;
    Ok(folder)
}

async fn interrupted() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            ended = tokio::signal::ctrl_c() => ended,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

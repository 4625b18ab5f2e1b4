//! `digime-mock serve`.

use std::io::{self, IsTerminal as _};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use digime_fixtures::Dataset;
use jiff::civil::Date;
use serde_json::json;
use tracing_subscriber::EnvFilter;

use super::Failure;
use crate::config::file::{self as config_file, public_origin};
use crate::config::settings::{AdminToken, ContractSettings, Settings, redirect_rules};
use crate::domain::contract::{ContractKeys, ContractKind};
use crate::durations;
use crate::embedded::mock_server::listen;
use crate::http::server::Server;
use crate::sandbox::expectations::Allowed;
use crate::serve::connections;
use crate::serve::endpoints::endpoints;

#[derive(Args, Debug)]
pub(super) struct ServeArgs {
    /// Configuration file; `digime-mock init` writes one.
    #[arg(long, value_name = "FILE", env = "DIGIME_MOCK_CONFIG")]
    config: Option<PathBuf>,
    /// Address to listen on.
    #[arg(long, value_name = "ADDRESS", env = "DIGIME_MOCK_HOST")]
    host: Option<IpAddr>,
    /// Port to listen on; 0 picks a free one.
    #[arg(long, env = "DIGIME_MOCK_PORT")]
    port: Option<u16>,
    /// Origin of links, if clients reach the server under another than they connect to.
    #[arg(long, value_name = "ORIGIN", env = "DIGIME_MOCK_PUBLIC_URL")]
    public_url: Option<String>,
    /// Token that /__admin then requires; without it, administration answers this machine only.
    #[arg(long, value_name = "TOKEN", env = "DIGIME_MOCK_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// Requests that the journal keeps, per sandbox.
    #[arg(long, value_name = "COUNT", env = "DIGIME_MOCK_JOURNAL_SIZE")]
    journal_size: Option<usize>,
    /// File that tells, when the server ends, what clients did well and badly.
    #[arg(long, value_name = "FILE", env = "DIGIME_MOCK_CLIENT_REPORT")]
    client_report: Option<PathBuf>,
    /// Largest request body, in bytes, but for files that are pushed.
    #[arg(long, value_name = "BYTES", env = "DIGIME_MOCK_BODY_LIMIT")]
    body_limit: Option<usize>,
    /// Largest file that can be pushed, in bytes.
    #[arg(long, value_name = "BYTES", env = "DIGIME_MOCK_PUSH_LIMIT")]
    push_limit: Option<u64>,
    /// Bytes of pushed files that a sandbox holds.
    #[arg(long, value_name = "BYTES", env = "DIGIME_MOCK_PUSH_QUOTA")]
    push_quota: Option<u64>,
    /// Name of a client library that is refused; may be repeated.
    #[arg(long, value_name = "NAME", env = "DIGIME_MOCK_REFUSED_AGENTS", value_delimiter = ',')]
    refused_agent: Vec<String>,
    /// NAME or NAME@VERSION of a client library that is outdated; may be repeated.
    #[arg(long, value_name = "AGENT", env = "DIGIME_MOCK_OUTDATED_AGENTS", value_delimiter = ',')]
    outdated_agent: Vec<String>,
    /// Lifetime of codes.
    #[arg(long, value_name = "DURATION", env = "DIGIME_MOCK_CODE_LIFETIME", value_parser = durations::parse)]
    code_lifetime: Option<Duration>,
    /// Lifetime of access tokens.
    #[arg(long, value_name = "DURATION", env = "DIGIME_MOCK_ACCESS_TOKEN_LIFETIME", value_parser = durations::parse)]
    access_token_lifetime: Option<Duration>,
    /// Lifetime of refresh tokens.
    #[arg(long, value_name = "DURATION", env = "DIGIME_MOCK_REFRESH_TOKEN_LIFETIME", value_parser = durations::parse)]
    refresh_token_lifetime: Option<Duration>,
    /// How long a used refresh token still works.
    #[arg(long, value_name = "DURATION", env = "DIGIME_MOCK_REFRESH_GRACE", value_parser = durations::parse)]
    refresh_grace: Option<Duration>,
    /// Lifetime of sessions.
    #[arg(long, value_name = "DURATION", env = "DIGIME_MOCK_SESSION_LIFETIME", value_parser = durations::parse)]
    session_lifetime: Option<Duration>,
    /// How long a library stays pending after consent or trigger.
    #[arg(long, value_name = "DURATION", env = "DIGIME_MOCK_PENDING", value_parser = durations::parse)]
    pending: Option<Duration>,
    /// How long it is running after that.
    #[arg(long, value_name = "DURATION", env = "DIGIME_MOCK_RUNNING", value_parser = durations::parse)]
    running: Option<Duration>,
    /// Bytes that all files of one storage may have together.
    #[arg(long, value_name = "BYTES", env = "DIGIME_MOCK_STORAGE_QUOTA")]
    storage_quota: Option<u64>,
    /// Largest file of a storage, in bytes.
    #[arg(long, value_name = "BYTES", env = "DIGIME_MOCK_STORAGE_FILE_LIMIT")]
    storage_file_limit: Option<u64>,
    /// Seed of the sample data.
    #[arg(long, env = "DIGIME_MOCK_SEED")]
    seed: Option<u64>,
    /// Last day that the sample data covers; the present day if absent.
    #[arg(long, value_name = "YYYY-MM-DD", env = "DIGIME_MOCK_SAMPLE_DATA_UNTIL")]
    sample_data_until: Option<Date>,
    /// Months that the sample data covers.
    #[arg(long, value_name = "COUNT", env = "DIGIME_MOCK_SAMPLE_DATA_MONTHS")]
    sample_data_months: Option<u32>,
    /// Folder with a dataset of your own; may be repeated.
    #[arg(long, value_name = "FOLDER", env = "DIGIME_MOCK_DATASETS", value_delimiter = ',')]
    dataset: Vec<PathBuf>,
    /// Id of the (first) application.
    #[arg(long, value_name = "ID", env = "DIGIME_MOCK_APPLICATION_ID")]
    application_id: Option<String>,
    /// A further contract of the (first) application: ID,KIND[,key=FILE][,group=ID]…[,redirect=RULE]…; may be repeated.
    #[arg(long, value_name = "CONTRACT", env = "DIGIME_MOCK_CONTRACTS", value_delimiter = ' ', value_parser = parse_contract)]
    contract: Vec<ContractSettings>,
    /// What is logged: off, error, warn, info, debug, or a filter of tracing-subscriber.
    #[arg(long, value_name = "FILTER", env = "DIGIME_MOCK_LOG", default_value = "info")]
    log: String,
}

impl ServeArgs {
    fn settings(self) -> Result<Settings, Failure> {
        let mut settings = Settings::standard().map_err(Failure::new)?;
        if let Some(path) = &self.config {
            config_file::apply(path, &mut settings).map_err(Failure::new)?;
        }
        let Settings { lifetimes, timeline, sample_data, .. } = &mut settings;
        set(&mut lifetimes.code, self.code_lifetime);
        set(&mut lifetimes.access_token, self.access_token_lifetime);
        set(&mut lifetimes.refresh_token, self.refresh_token_lifetime);
        set(&mut lifetimes.refresh_grace, self.refresh_grace);
        set(&mut lifetimes.session, self.session_lifetime);
        set(&mut timeline.pending, self.pending);
        set(&mut timeline.running, self.running);
        set(&mut sample_data.seed, self.seed);
        set(&mut sample_data.months, self.sample_data_months);
        sample_data.until = self.sample_data_until.or(sample_data.until);
        set(&mut settings.storage.quota, self.storage_quota);
        set(&mut settings.storage.file, self.storage_file_limit);
        set(&mut settings.host, self.host);
        set(&mut settings.port, self.port);
        set(&mut settings.journal_size, self.journal_size);
        set(&mut settings.body_limit, self.body_limit);
        set(&mut settings.push_limit, self.push_limit);
        set(&mut settings.push_quota, self.push_quota);
        settings.agents.refused.extend(self.refused_agent);
        settings.agents.outdated.extend(self.outdated_agent);
        settings.client_report = self.client_report.or(settings.client_report);
        settings.admin_token = self.admin_token.map(AdminToken).or(settings.admin_token);
        if let Some(url) = self.public_url {
            settings.public_url = Some(public_origin(&url).map_err(Failure::new)?);
        }
        for folder in self.dataset {
            settings.datasets.push(Arc::new(Dataset::load(&folder).map_err(Failure::new)?));
        }
        if let Some(application) = settings.applications.first_mut() {
            set(&mut application.id, self.application_id);
            application.contracts.extend(self.contract);
        }
        Ok(settings)
    }
}

fn set<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}

fn parse_contract(text: &str) -> Result<ContractSettings, String> {
    let mut parts = text.split(',');
    let (Some(id), Some(kind)) = (parts.next().filter(|id| !id.is_empty()), parts.next()) else {
        return Err("expected ID,KIND".to_owned());
    };
    let kinds = [ContractKind::Read, ContractKind::Write, ContractKind::ReadRaw, ContractKind::OneOff];
    let kind = kinds.into_iter().find(|known| known.as_str() == kind);
    let kind = kind.ok_or("the kind is read, write, read-raw or one-off")?;
    let mut contract = ContractSettings::standard(id, kind).map_err(|error| error.to_string())?;
    let mut rules = Vec::new();
    for part in parts {
        match part.split_once('=') {
            Some(("key", path)) => {
                let pem = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
                contract.keys = ContractKeys::from_pem(&pem).map_err(|error| format!("{path}: {error}"))?;
            }
            Some(("group", id)) => {
                let id = id.parse().map_err(|_| format!("\"{id}\" is no service group's id"))?;
                contract.service_groups.push(id);
            }
            Some(("redirect", rule)) => rules.push(rule.to_owned()),
            _ => return Err(format!("\"{part}\" is none of key=FILE, group=ID and redirect=RULE")),
        }
    }
    if !rules.is_empty() {
        contract.redirect_rules = redirect_rules(id, &rules).map_err(|error| error.to_string())?;
    }
    Ok(contract)
}

pub(super) fn run(args: ServeArgs) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&args.log).map_err(|error| Failure::new(format!("--log: {error}")))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .init();
    let settings = args.settings()?;
    let (listener, address) = listen(&settings).map_err(Failure::new)?;
    let server = Arc::new(
        Server::new(settings, address, endpoints().collect(), Allowed::default()).map_err(Failure::new)?,
    );
    // A file that cannot be written is told now, not when the traffic is over.
    write_client_report(&server)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::new)?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).map_err(Failure::new)?;
        let stop = stop_signal().map_err(Failure::new)?;
        print!("{}", banner(&server));
        connections::serve(Arc::clone(&server), listener, stop).await;
        tracing::info!("stopped");
        write_client_report(&server)
    })
}

/// Writes what was seen of clients so far, if a file was named for it.
fn write_client_report(server: &Server) -> Result<(), Failure> {
    let Some(path) = &server.settings.client_report else { return Ok(()) };
    let reports = json!({ "sandboxes": server.sandboxes.client_reports() });
    std::fs::write(path, format!("{reports:#}\n"))
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display())))
}

/// What a newcomer needs to know, with a curl line that works.
fn banner(server: &Server) -> String {
    let origin = server.local_origin();
    let credentials =
        crate::sandbox::credentials::Credentials::of(&server.sandboxes.default_sandbox(), &origin);
    let urls = &credentials.urls;
    let mut text = format!(
        "digime-mock {version} is listening on {origin}\n\n\
         \x20 API base URL         {}\n\
         \x20 onboarding base URL  {}\n\
         \x20 cloud base URL       {}\n\
         \x20 application id       {}\n",
        urls.api,
        urls.onboard,
        urls.cloud,
        credentials.application_id,
        version = env!("CARGO_PKG_VERSION"),
    );
    for contract in &credentials.contracts {
        text.push_str(&format!("  contract id          {} ({})\n", contract.contract_id, contract.kind));
    }
    text.push_str(&format!(
        "  private keys         the privateKey members of {origin}/__admin/credentials;\n\
         \x20                      the development keys are also in fixtures/keys/ of the repository\n\n\
         Try:  curl -s {origin}/__admin/credentials\n\
         Stop: Ctrl-C\n\n"
    ));
    text
}

/// Resolves when the process is asked to stop. It listens from the call on, so that no signal ends the
/// process once the banner is printed.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping; open requests may end");
    })
}

/// Resolves when the process is asked to stop.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        tracing::info!("stopping; open requests may end");
    })
}

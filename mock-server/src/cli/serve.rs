//! `digime-mock serve`.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};
use serde_json::json;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::debug_fn;

use super::failure::Failure;
use super::output::print;
use crate::config::settings::LogFormat;
use crate::config::sources::table::{Read, SETTINGS, Setting};
use crate::config::sources::{CONFIG_VARIABLE, FlagValues, settings, unknown_variables};
use crate::embedded::mock_server::listen;
use crate::http::server::Server;
#[cfg(unix)]
use crate::open_files;
use crate::sandbox::credentials::Credentials;
use crate::sandbox::expectations::Allowed;
use crate::sandbox::home::Home;
use crate::sandbox::own_keys;
use crate::sandbox::registry::Registry;
use crate::serve::endpoints::endpoints;
use crate::serve::https::{Https, TlsError};
use crate::serve::listeners;
use crate::whole_file;

/// The flags of `serve`: `--config`, and one for each row of the table of settings. Values are read by the
/// rows and not by clap, so that those of variables and of the file are read alike.
#[derive(Debug)]
pub(super) struct ServeArgs {
    config: Option<OsString>,
    flags: Vec<FlagValues>,
}

const CONFIG: &str = "config";

impl Args for ServeArgs {
    fn augment_args(command: Command) -> Command {
        let config = Arg::new(CONFIG)
            .long(CONFIG)
            .value_name("FILE")
            .value_parser(value_parser!(OsString))
            .help(format!("Configuration file; digime-mock init writes one [env: {CONFIG_VARIABLE}]"));
        command.arg(config).args(SETTINGS.iter().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn flag(setting: &'static Setting) -> Arg {
    let action = match setting.read {
        Read::One(_) | Read::Switch(_) => ArgAction::Set,
        Read::Many(..) => ArgAction::Append,
    };
    let flag = Arg::new(setting.flag);
    let flag = match setting.read {
        // With `=` alone, so that what follows `--tls` is not taken for its value.
        Read::Switch(_) => flag.num_args(0..=1).require_equals(true).default_missing_value("true"),
        _ => flag,
    };
    flag.long(setting.flag)
        .value_name(setting.value_name)
        .value_parser(value_parser!(OsString))
        .action(action)
        .help_heading(setting.heading)
        .help(format!("{} [env: {}]", setting.help, setting.variable))
}

impl FromArgMatches for ServeArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let values = |flag: &str| {
            let values = matches.try_get_many::<OsString>(flag);
            values.map_err(|error| clap::Error::raw(ErrorKind::InvalidValue, error))
        };
        let mut flags = Vec::new();
        for setting in SETTINGS {
            if let Some(values) = values(setting.flag)? {
                flags.push(FlagValues { setting, values: values.cloned().collect() });
            }
        }
        Ok(Self { config: values(CONFIG)?.and_then(|mut values| values.next().cloned()), flags })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

pub(super) fn run(args: ServeArgs) -> Result<(), Failure> {
    let mut settings = settings(args.config, args.flags)?;
    let filter = EnvFilter::try_new(&settings.log).map_err(Failure::usage)?;
    log(filter, settings.log_format);
    raise_limit_of_open_files();
    for name in unknown_variables() {
        tracing::warn!("the variable {name} is no setting; `digime-mock serve --help` lists them");
    }
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    let https = Https::prepare(&settings).map_err(|error| match error {
        TlsError::Authority { .. } => Failure::usage(error),
        _ => Failure::new(error),
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::new)?;
    let home = runtime.block_on(Home::open(&settings)).map_err(Failure::new)?;
    let registry = runtime.block_on(Registry::open(&mut settings, &home)).map_err(Failure::new)?;
    let (listeners, address) = listen(&settings).map_err(Failure::new)?;
    let server = Server::new(settings, address, endpoints().collect(), Allowed::default(), home, registry);
    let server = Arc::new(server.map_err(Failure::new)?);
    // A file that cannot be written is told now, not when the traffic is over.
    write_client_report(&server)?;
    runtime.block_on(async {
        let stop = stop_signal().map_err(Failure::new)?;
        let listeners = listeners::register(listeners).map_err(Failure::new)?;
        match print(banner(&server, https.as_ref())) {
            // `digime-mock | head -1` wants the first line; a server that is up goes on.
            Ok(()) | Err(Failure::OutputClosed) => {}
            Err(failure) => return Err(failure),
        }
        let stopped = async {
            stop.await;
            server.stop();
            tokio::time::sleep(server.settings.stop.delay).await;
        };
        listeners::serve(&server, listeners, https.as_ref(), stopped).await;
        tracing::info!("stopped");
        write_client_report(&server)
    })
}

/// Logs to the standard error output.
fn log(filter: EnvFilter, format: LogFormat) {
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_target(false);
    match format {
        LogFormat::Json => subscriber.json().flatten_event(true).init(),
        LogFormat::Text => subscriber
            .with_ansi(io::stderr().is_terminal())
            // What a line says in words need not be said twice.
            .fmt_fields(debug_fn(|writer, field, value| match field.name() {
                "message" => write!(writer, "{value:?}"),
                name if name.starts_with("request.") => Ok(()),
                name => write!(writer, " {name}={value:?}"),
            }))
            .init(),
    }
}

/// Takes as many open files as the system allows the process, and goes by what it has then.
fn raise_limit_of_open_files() {
    #[cfg(unix)]
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => open_files::limit_to(usize::try_from(limit).unwrap_or(usize::MAX)),
        Err(error) => tracing::warn!(%error, "the limit of open files is unknown"),
    }
}

/// Writes what was seen of clients so far, if a file was named for it.
fn write_client_report(server: &Server) -> Result<(), Failure> {
    let Some(path) = &server.settings.client_report else { return Ok(()) };
    let reports = json!({ "sandboxes": server.sandboxes.client_reports() });
    whole_file::write(path, &format!("{reports:#}\n"))
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display())))
}

/// What a newcomer needs to know, with a curl line that works.
fn banner(server: &Server, https: Option<&Https>) -> String {
    let url = server.local_url();
    let credentials = Credentials::of(&server.sandboxes.default_sandbox(), &url);
    let urls = &credentials.urls;
    let mut text = format!(
        "digime-mock {version} is listening on {url}\n\n\
         \x20 API base URL         {}\n\
         \x20 onboarding base URL  {}\n\
         \x20 cloud base URL       {}\n",
        urls.api,
        urls.onboard,
        urls.cloud,
        version = env!("CARGO_PKG_VERSION"),
    );
    if server.settings.public_url.is_some() {
        text.push_str(&format!("  listening address    {}\n", server.address()));
    }
    for application in &credentials.applications {
        text.push_str(&format!("  application id       {}\n", application.application_id));
        for contract in &application.contracts {
            text.push_str(&format!("  contract id          {} ({})\n", contract.contract_id, contract.kind));
        }
    }
    let trusted = https.and_then(|https| https.trust.as_ref()?.file.as_ref());
    let option = trusted.map(|file| format!(" --cacert \"{}\"", file.display())).unwrap_or_default();
    if let Some(file) = trusted {
        text.push_str(&format!("  CA to trust          {}\n", file.display()));
    }
    let whose = match own_keys::are_wanted(&server.settings) {
        true => "they are this server's own; --development-keys serves with those of the repository",
        false => "the development keys are also in fixtures/keys/ of the repository",
    };
    let token = match server.settings.admin_token {
        Some(_) => " -H \"Authorization: Bearer $DIGIME_MOCK_ADMIN_TOKEN\"",
        None => "",
    };
    text.push_str(&format!(
        "  private keys         the privateKey members of {url}/__admin/credentials;\n\
         \x20                      {whose}\n\n\
         Try:  curl -s{option}{token} {url}/__admin/credentials\n\
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

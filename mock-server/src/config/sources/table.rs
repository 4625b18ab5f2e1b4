//! Every setting of the program: one row says how it is called on the command line, in the environment and
//! in the file, and how its value is read, wherever it comes from.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use digime_fixtures::Dataset;
use jiff::civil::Date;

use crate::config::admin_token::AdminToken;
use crate::config::check::check_id;
use crate::config::settings::{LogFormat, Settings};
use crate::config::sources::contracts;
use crate::config::sources::value::{Problem, Value, quote};
use crate::config::state_place::{DatabaseUrl, DatabaseUrlError, StatePlace};
use crate::config::tls::AuthorityPlace;
use crate::durations;
use crate::tls::certificate::{CertificateChain, CertificateError, TlsKey};

/// A setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The flag, without the dashes.
    pub(crate) flag: &'static str,
    /// The environment variable.
    pub(crate) variable: &'static str,
    /// The key of the file, with its table. Applications stand in the file as tables of their own.
    pub(crate) key: Option<&'static str>,
    /// What the help calls its value.
    pub(crate) value_name: &'static str,
    /// Under which heading the help shows it.
    pub(crate) heading: &'static str,
    /// What it does.
    pub(crate) help: &'static str,
    /// How its value is read.
    pub(crate) read: Read,
}

/// How the value of a setting is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Read {
    /// One value; it replaces what was there.
    One(fn(&mut Settings, &Value<'_>) -> Result<(), Problem>),
    /// Yes or no; a flag without a value says yes.
    Switch(fn(&mut Settings, &Value<'_>) -> Result<(), Problem>),
    /// A list, whose values this character separates where they stand in one text; each adds to what was there.
    Many(char, fn(&mut Settings, &Value<'_>) -> Result<(), Problem>),
}

/// Settings of the address and of who may use it.
const LISTENING: &str = "Listening";
const STOPPING: &str = "Stopping";
/// Settings of https.
const HTTPS: &str = "https";
/// Settings of sizes.
const LIMITS: &str = "Limits";
/// Settings of the state.
const STATE: &str = "State";
/// Settings of time.
const TIMES: &str = "Times (such as 200ms, 60s, 2h, 1d, \"1h 30m\")";
/// Settings of applications and contracts.
const CLIENTS: &str = "Applications and clients";
/// Settings of data.
const DATA: &str = "Sample data";
/// Settings of what the program tells.
const OUTPUT: &str = "Logs and reports";

macro_rules! settings {
    ($($heading:ident {
        $($flag:literal, $variable:literal, $key:expr, $value_name:literal, $help:literal => $read:expr;)+
    })+) => {
        /// Every setting.
        pub(crate) static SETTINGS: &[Setting] = &[$($(Setting {
            flag: $flag,
            variable: concat!("DIGIME_MOCK_", $variable),
            key: $key,
            value_name: $value_name,
            heading: $heading,
            help: $help,
            read: $read,
        },)+)+];
    };
}

/// A value that is written to one place of the settings.
macro_rules! into {
    ($($field:ident).+, $value:ident => $read:expr) => {
        Read::One(|settings, $value| {
            settings.$($field).+ = $read;
            Ok(())
        })
    };
}

settings! {
    LISTENING {
        "host", "HOST", Some("host"), "ADDRESS",
            "Address to listen on, or a name whose addresses are all listened on [default: 127.0.0.1]"
            => into!(host, value => value.parse()?);
        "port", "PORT", Some("port"), "PORT", "Port to listen on; 0 picks a free one [default: 8080]"
            => into!(port, value => value.number(0..=u16::MAX)?);
        "public-url", "PUBLIC_URL", Some("public_url"), "URL",
            "Where clients reach the server, if that is another address than they connect to; may have a path"
            => into!(public_url, value => Some(value.parse()?));
        "trusted-proxy", "TRUSTED_PROXIES", Some("trusted_proxies"), "ADDRESS",
            "Address or network of a proxy whose Forwarded and X-Forwarded-* headers are believed; may be repeated"
            => Read::Many(',', |settings, value| {
                settings.trusted_proxies.push(value.parse()?);
                Ok(())
            });
        "cors-origin", "CORS_ORIGINS", Some("cors_origins"), "ORIGIN",
            "Origin of web pages that may call the server, such as http://localhost:3000; may be repeated"
            => Read::Many(',', |settings, value| {
                settings.cors_origins.push(value.parse()?);
                Ok(())
            });
        "admin-token", "ADMIN_TOKEN", Some("admin_token"), "TOKEN",
            "Token that /__admin then requires; without one, administration answers this machine only"
            => into!(admin_token, value => Some(AdminToken::new(value.exact()?).map_err(|it| it.to_string())?));
    }
    STOPPING {
        "stop-delay", "STOP_DELAY", Some("stop.delay"), "DURATION",
            "How long a server that was asked to stop still takes connections, while /__admin/ready tells load balancers [default: 0s]"
            => into!(stop.delay, value => duration(value)?);
        "stop-limit", "STOP_LIMIT", Some("stop.limit"), "DURATION",
            "How long open requests may take to end after that [default: 5s]"
            => into!(stop.limit, value => duration(value)?);
    }
    HTTPS {
        "tls", "TLS", Some("tls.enabled"), "YES",
            "Speak https, with a certificate of the development CA, which digime-mock ca prints"
            => Read::Switch(|settings, value| {
                settings.tls.enabled = Some(value.switch()?);
                Ok(())
            });
        "tls-ca", "TLS_CA", Some("tls.ca"), "FOLDER",
            "Folder of the development CA, which is made there if there is none [default: digime-mock in the folder for data of the user]"
            => into!(tls.authority, value => AuthorityPlace::Folder(value.path()?, value.place().clone()));
        "tls-name", "TLS_NAMES", Some("tls.names"), "NAME",
            "Further name or address that the certificate of the CA covers, besides localhost, 127.0.0.1, ::1, 10.0.2.2, --host and --public-url; may be repeated"
            => Read::Many(',', |settings, value| {
                settings.tls.names.push(value.parse()?);
                Ok(())
            });
        "tls-cert", "TLS_CERT", Some("tls.certificate"), "FILE",
            "Certificate of your own instead (PEM), followed by those that vouch for it; with --tls-key it switches https on"
            => into!(tls.certificate, value => {
                Some((pem_file(value, CertificateChain::from_pem)?, value.place().clone()))
            });
        "tls-key", "TLS_KEY", Some("tls.key"), "FILE", "Private key of that certificate (PEM, unencrypted)"
            => into!(tls.key, value => Some((pem_file(value, TlsKey::from_pem)?, value.place().clone())));
    }
    CLIENTS {
        "application-id", "APPLICATION_ID", None, "ID", "Id of the (first) application [default: mock-app]"
            => Read::One(application_id);
        "contract", "CONTRACTS", None, "CONTRACT",
            "A further contract of the (first) application: ID,KIND[,key=FILE][,group=ID]…[,redirect=RULE]…; may be repeated"
            => Read::Many(' ', contracts::from_text);
        "development-keys", "DEVELOPMENT_KEYS", Some("development_keys"), "YES|NO",
            "Use the committed development keys, which everybody knows, even with --state or --admin-token, whose server otherwise makes keys of its own [default: false]"
            => Read::Switch(|settings, value| {
                settings.development_keys = value.switch()?;
                Ok(())
            });
        "partner-users", "PARTNER_USERS", Some("partners.users"), "NUMBER",
            "How many users a new partner may have [default: 10000]"
            => into!(partner_quotas.users, value => value.number(0..=u64::MAX)?);
        "partner-bytes", "PARTNER_BYTES", Some("partners.bytes"), "BYTES",
            "How many bytes a new partner may have pushed and stored for its users [default: 1073741824]"
            => into!(partner_quotas.bytes, value => value.number(0..=u64::MAX)?);
        "partner-requests", "PARTNER_REQUESTS", Some("partners.requests"), "NUMBER",
            "How many requests a second a new partner has [default: 100]"
            => into!(partner_quotas.requests_per_second, value => value.number(NonZeroU32::MIN..=NonZeroU32::MAX)?);
        "partner-sandboxes", "PARTNER_SANDBOXES", Some("partners.sandboxes"), "NUMBER",
            "How many sandboxes a new partner may make besides the one that it always has [default: 20]"
            => into!(partner_quotas.sandboxes, value => value.number(0..=u32::MAX)?);
        "refused-agent", "REFUSED_AGENTS", Some("agents.refused"), "NAME",
            "Name of a client library that is refused; may be repeated"
            => Read::Many(',', |settings, value| {
                settings.agents.refused.push(agent(value)?);
                Ok(())
            });
        "outdated-agent", "OUTDATED_AGENTS", Some("agents.outdated"), "AGENT",
            "NAME or NAME@VERSION of a client library that is outdated; may be repeated"
            => Read::Many(',', |settings, value| {
                settings.agents.outdated.push(agent(value)?);
                Ok(())
            });
        "deprecated-agent", "DEPRECATED_AGENTS", Some("agents.deprecated"), "AGENT",
            "NAME or NAME@VERSION of a client library that is told to be deprecated; may be repeated"
            => Read::Many(',', |settings, value| {
                settings.agents.deprecated.push(agent(value)?);
                Ok(())
            });
    }
    TIMES {
        "code-lifetime", "CODE_LIFETIME", Some("lifetimes.code"), "DURATION", "Lifetime of codes [default: 10m]"
            => into!(lifetimes.code, value => duration(value)?);
        "access-token-lifetime", "ACCESS_TOKEN_LIFETIME", Some("lifetimes.access_token"), "DURATION",
            "Lifetime of access tokens [default: 1d]"
            => into!(lifetimes.access_token, value => duration(value)?);
        "refresh-token-lifetime", "REFRESH_TOKEN_LIFETIME", Some("lifetimes.refresh_token"), "DURATION",
            "Lifetime of refresh tokens [default: 30d]"
            => into!(lifetimes.refresh_token, value => duration(value)?);
        "refresh-grace", "REFRESH_GRACE", Some("lifetimes.refresh_grace"), "DURATION",
            "How long a used refresh token still works [default: 60s]"
            => into!(lifetimes.refresh_grace, value => duration(value)?);
        "session-lifetime", "SESSION_LIFETIME", Some("lifetimes.session"), "DURATION",
            "Lifetime of sessions [default: 1h]"
            => into!(lifetimes.session, value => duration(value)?);
        "pending", "PENDING", Some("timeline.pending"), "DURATION",
            "How long a library stays pending after consent or trigger [default: 750ms]"
            => into!(timeline.pending, value => duration(value)?);
        "running", "RUNNING", Some("timeline.running"), "DURATION",
            "How long it is running after that [default: 1250ms]"
            => into!(timeline.running, value => duration(value)?);
    }
    LIMITS {
        "journal-size", "JOURNAL_SIZE", Some("journal_size"), "COUNT",
            "Requests that the journal keeps, per sandbox [default: 1000]"
            => into!(journal_size, value => value.number(0..=usize::MAX)?);
        "body-limit", "BODY_LIMIT", Some("body_limit"), "BYTES",
            "Largest request body, but for files that are pushed [default: 1048576]"
            => into!(body_limit, value => value.number(0..=usize::MAX)?);
        "push-limit", "PUSH_LIMIT", Some("push_limit"), "BYTES",
            "Largest file that can be pushed [default: 536870912]"
            => into!(push_limit, value => value.number(0..=u64::MAX)?);
        "push-quota", "PUSH_QUOTA", Some("push_quota"), "BYTES",
            "Pushed files that a sandbox holds, together [default: 1073741824]"
            => into!(push_quota, value => value.number(0..=u64::MAX)?);
        "storage-quota", "STORAGE_QUOTA", Some("storage.quota"), "BYTES",
            "All files of one storage together [default: 268435456]"
            => into!(storage.quota, value => value.number(0..=u64::MAX)?);
        "storage-file-limit", "STORAGE_FILE_LIMIT", Some("storage.file_limit"), "BYTES",
            "Largest file of a storage [default: 67108864]"
            => into!(storage.file, value => value.number(0..=u64::MAX)?);
    }
    STATE {
        "state", "STATE", Some("state"), "FILE|URL",
            "File in which the state outlives the server, or postgres://… of a database that several servers share; in memory if absent"
            => into!(state, value => state(value)?);
        "state-key", "STATE_KEY", Some("state_key"), "KEY",
            "Key that encrypts the private keys in the state, 32 bytes as Base64 (openssl rand -base64 32); kept as they are if absent"
            => into!(state_key, value => Some(value.parse()?));
        "state-sync", "STATE_SYNC", Some("state_sync"), "YES|NO",
            "Whether answers wait until the disk has the state, so that even the loss of power takes nothing [default: false]"
            => Read::Switch(|settings, value| {
                settings.state_sync = value.switch()?;
                Ok(())
            });
    }
    DATA {
        "seed", "SEED", Some("sample_data.seed"), "SEED",
            "The same seed gives the same person and the same bytes [default: 7]"
            => into!(sample_data.seed, value => value.number(0..=u64::MAX)?);
        "sample-data-until", "SAMPLE_DATA_UNTIL", Some("sample_data.until"), "YYYY-MM-DD",
            "Last day that the sample data covers; the present day if absent"
            => into!(sample_data.until, value => Some(date(value)?));
        "sample-data-months", "SAMPLE_DATA_MONTHS", Some("sample_data.months"), "COUNT",
            "Months that the sample data covers [default: 12]"
            => into!(sample_data.months, value => value.number(1..=digime_fixtures::MOST_MONTHS)?);
        "dataset", "DATASETS", Some("datasets"), "FOLDER",
            "Folder with a dataset of your own; may be repeated"
            => Read::Many(',', dataset);
    }
    OUTPUT {
        "log", "LOG", Some("log"), "FILTER",
            "What is logged: off, error, warn, info, debug or trace, or TARGET=LEVEL[,…] [default: info]"
            => into!(log, value => log_filter(value.text()?)?);
        "log-format", "LOG_FORMAT", Some("log_format"), "text|json",
            "A line for people, or a JSON object a line for programs [default: text]"
            => into!(log_format, value => log_format(value.text()?)?);
        "client-report", "CLIENT_REPORT", Some("client_report"), "FILE",
            "File that tells, when the server ends, what clients did well and badly"
            => into!(client_report, value => Some(value.path()?));
    }
}

fn duration(value: &Value<'_>) -> Result<Duration, Problem> {
    durations::parse(value.text()?).map_err(|error| error.to_string())
}

/// A path may be any bytes; a database's URL is text.
fn state(value: &Value<'_>) -> Result<StatePlace, Problem> {
    match value.text().ok().filter(|text| DatabaseUrl::is_meant(text)) {
        Some(text) => {
            text.parse().map(StatePlace::Postgres).map_err(|error: DatabaseUrlError| error.to_string())
        }
        None => value.path().map(StatePlace::File),
    }
}

fn date(value: &Value<'_>) -> Result<Date, Problem> {
    let text = value.text()?;
    let date: Date =
        text.parse().map_err(|_| format!("{} is no date: write it as 2026-01-31", quote(text)))?;
    digime_fixtures::GenerateOptions { until: date, ..Default::default() }
        .check()
        .map_err(|error| error.to_string())?;
    Ok(date)
}

fn agent(value: &Value<'_>) -> Result<String, Problem> {
    let text = value.text()?;
    let name = text.split_once('@').map_or(text, |(name, _)| name);
    if name.is_empty() || text.chars().any(char::is_control) {
        return Err(format!("{} is no name of a client library", quote(text)));
    }
    Ok(text.to_owned())
}

fn dataset(settings: &mut Settings, value: &Value<'_>) -> Result<(), Problem> {
    let loaded = Dataset::load(&value.path()?).map_err(|error| error.to_string())?;
    settings.datasets.push(Arc::new(loaded));
    Ok(())
}

fn pem_file<T>(value: &Value<'_>, read: fn(&[u8]) -> Result<T, CertificateError>) -> Result<T, Problem> {
    let path = value.path()?;
    let text = std::fs::read(&path).map_err(|error| {
        let shown: String = path.display().to_string().chars().take(200).collect();
        format!("{shown} cannot be read: {error}")
    })?;
    read(&text).map_err(|error| format!("{} {error}", path.display()))
}

fn application_id(settings: &mut Settings, value: &Value<'_>) -> Result<(), Problem> {
    let id = value.exact()?;
    check_id(id)?;
    if let Some(application) = settings.applications.first_mut() {
        application.id = id.to_owned();
        application.place = value.place().clone();
    }
    Ok(())
}

fn log_format(text: &str) -> Result<LogFormat, Problem> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("{} is no format: use text or json", quote(text))),
    }
}

/// A filter of tracing-subscriber, without its trap: a misspelt level counts there as the name of a part
/// of the program, and everything else is silent.
fn log_filter(text: &str) -> Result<String, Problem> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let is_level = |text: &str| LEVELS.iter().any(|level| level.eq_ignore_ascii_case(text.trim()));
    for directive in text.split(',') {
        let level = directive.rsplit_once('=').map_or(directive, |(_, level)| level);
        if !is_level(level) {
            return Err(format!(
                "{} is no level: use {}, or TARGET=LEVEL, such as hyper=debug",
                quote(level),
                LEVELS.join(", ")
            ));
        }
    }
    tracing_subscriber::EnvFilter::try_new(text).map_err(|error| error.to_string())?;
    Ok(text.to_owned())
}

//! The configuration file, `digime-mock.toml`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use digime_fixtures::Dataset;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::config::settings::{AdminToken, ApplicationSettings, ContractSettings, Settings, redirect_rules};
use crate::domain::agent::AgentRules;
use crate::domain::contract::{ContractKeys, ContractKind};
use crate::domain::redirect::RedirectRule;
use crate::domain::state::Lifetimes;
use crate::domain::timeline::Timeline;
use crate::durations;

/// What `digime-mock init` writes: every setting with its default.
pub const TEMPLATE: &str = include_str!("../../digime-mock.toml");

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path} cannot be read: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A key is unknown or a value is bad; the text names the line.
    #[error("{path}: {source}")]
    Parse {
        /// The file.
        path: String,
        /// What and where.
        source: toml::de::Error,
    },
    /// A value is well-formed but cannot be used.
    #[error("{path}, line {line}: {problem}")]
    Value {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    host: Option<IpAddr>,
    port: Option<u16>,
    public_url: Option<Spanned<String>>,
    admin_token: Option<String>,
    journal_size: Option<usize>,
    client_report: Option<PathBuf>,
    body_limit: Option<usize>,
    push_limit: Option<u64>,
    push_quota: Option<u64>,
    lifetimes: LifetimesTable,
    agents: Option<AgentRules>,
    timeline: TimelineTable,
    storage: StorageTable,
    sample_data: SampleDataTable,
    applications: Option<Vec<ApplicationTable>>,
    datasets: Vec<Spanned<PathBuf>>,
}

/// `[lifetimes]`; what is absent stays as it is.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LifetimesTable {
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    code: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    access_token: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    refresh_token: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    refresh_grace: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    session: Option<Duration>,
}

/// `[timeline]`; what is absent stays as it is.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TimelineTable {
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    pending: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    running: Option<Duration>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SampleDataTable {
    seed: Option<u64>,
    #[serde(deserialize_with = "date")]
    until: Option<Date>,
    months: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApplicationTable {
    id: Spanned<String>,
    name: Option<String>,
    contracts: Vec<ContractTable>,
}

/// `[storage]`; sizes in bytes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StorageTable {
    quota: Option<u64>,
    file_limit: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContractTable {
    id: Spanned<String>,
    kind: ContractKind,
    key: Option<Spanned<PathBuf>>,
    service_groups: Option<Vec<u32>>,
    redirect_uris: Option<Vec<Rule>>,
}

/// A callback rule, checked while the file is read, so that the error knows the line.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Rule(String);

impl TryFrom<String> for Rule {
    type Error = crate::domain::redirect::RedirectRuleError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        RedirectRule::parse(&text).map(|_| Self(text))
    }
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    durations::as_text::deserialize(deserializer).map(Some)
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    String::deserialize(deserializer)?.parse().map(Some).map_err(serde::de::Error::custom)
}

impl LifetimesTable {
    pub(crate) fn apply(&self, lifetimes: &mut Lifetimes) {
        set(&mut lifetimes.code, self.code);
        set(&mut lifetimes.access_token, self.access_token);
        set(&mut lifetimes.refresh_token, self.refresh_token);
        set(&mut lifetimes.refresh_grace, self.refresh_grace);
        set(&mut lifetimes.session, self.session);
    }
}

impl TimelineTable {
    pub(crate) fn apply(&self, timeline: &mut Timeline) {
        set(&mut timeline.pending, self.pending);
        set(&mut timeline.running, self.running);
    }
}

fn set<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}

/// Reads the file at `path` over `settings`.
///
/// # Errors
/// [`ConfigError`] naming the file and the line.
pub fn apply(path: &Path, settings: &mut Settings) -> Result<(), ConfigError> {
    let shown = path.display().to_string();
    let text =
        std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: shown.clone(), source })?;
    apply_text(&shown, &text, path.parent().unwrap_or(Path::new("")), settings)
}

fn apply_text(path: &str, text: &str, folder: &Path, settings: &mut Settings) -> Result<(), ConfigError> {
    let file: File =
        toml::from_str(text).map_err(|source| ConfigError::Parse { path: path.to_owned(), source })?;
    let wrong = |start: usize, problem: String| ConfigError::Value {
        path: path.to_owned(),
        line: text.get(..start).map_or(1, |before| before.matches('\n').count() + 1),
        problem,
    };
    set(&mut settings.host, file.host);
    set(&mut settings.port, file.port);
    set(&mut settings.journal_size, file.journal_size);
    set(&mut settings.body_limit, file.body_limit);
    set(&mut settings.push_limit, file.push_limit);
    set(&mut settings.push_quota, file.push_quota);
    set(&mut settings.agents, file.agents);
    file.lifetimes.apply(&mut settings.lifetimes);
    file.timeline.apply(&mut settings.timeline);
    set(&mut settings.storage.quota, file.storage.quota);
    set(&mut settings.storage.file, file.storage.file_limit);
    set(&mut settings.sample_data.seed, file.sample_data.seed);
    set(&mut settings.sample_data.months, file.sample_data.months);
    settings.sample_data.until = file.sample_data.until.or(settings.sample_data.until);
    settings.client_report =
        file.client_report.map(|path| folder.join(path)).or(settings.client_report.take());
    if let Some(token) = file.admin_token {
        settings.admin_token = Some(AdminToken(token));
    }
    if let Some(url) = file.public_url {
        let start = url.span().start;
        let origin = public_origin(url.get_ref()).map_err(|problem| wrong(start, problem))?;
        settings.public_url = Some(origin);
    }
    if let Some(applications) = file.applications {
        settings.applications = applications
            .into_iter()
            .map(|application| application_settings(application, folder, &wrong))
            .collect::<Result<_, _>>()?;
    }
    for dataset in file.datasets {
        let start = dataset.span().start;
        let loaded = Dataset::load(&folder.join(dataset.get_ref()));
        settings.datasets.push(Arc::new(loaded.map_err(|error| wrong(start, error.to_string()))?));
    }
    Ok(())
}

fn application_settings(
    table: ApplicationTable,
    folder: &Path,
    wrong: &impl Fn(usize, String) -> ConfigError,
) -> Result<ApplicationSettings, ConfigError> {
    let start = table.id.span().start;
    let id = usable_id(table.id.into_inner()).map_err(|problem| wrong(start, problem))?;
    let contracts = table.contracts.into_iter().map(|contract| {
        let start = contract.id.span().start;
        let id = usable_id(contract.id.into_inner()).map_err(|problem| wrong(start, problem))?;
        let mut settings = ContractSettings::standard(&id, contract.kind)
            .map_err(|error| wrong(start, error.to_string()))?;
        if let Some(key) = contract.key {
            let start = key.span().start;
            let path = folder.join(key.get_ref());
            let pem = std::fs::read_to_string(&path)
                .map_err(|error| wrong(start, format!("{} cannot be read: {error}", path.display())))?;
            settings.keys = ContractKeys::from_pem(&pem)
                .map_err(|error| wrong(start, format!("{}: {error}", path.display())))?;
        }
        set(&mut settings.service_groups, contract.service_groups);
        if let Some(rules) = contract.redirect_uris {
            let texts: Vec<_> = rules.into_iter().map(|rule| rule.0).collect();
            settings.redirect_rules =
                redirect_rules(&id, &texts).map_err(|error| wrong(start, error.to_string()))?;
        }
        Ok(settings)
    });
    let contracts = contracts.collect::<Result<Vec<_>, _>>()?;
    Ok(ApplicationSettings { name: table.name.unwrap_or_else(|| id.clone()), id, contracts })
}

/// Ids stand in URLs, JWTs and headers.
fn usable_id(id: String) -> Result<String, String> {
    let usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if (1..=63).contains(&id.len()) && id.chars().all(usable) {
        return Ok(id);
    }
    Err(format!("\"{id}\" is no id: use 1 to 63 of A-Z a-z 0-9 _ - ."))
}

/// The origin of a public URL, without a trailing slash.
pub(crate) fn public_origin(url: &str) -> Result<String, String> {
    let parsed = url::Url::parse(url).map_err(|error| format!("public_url \"{url}\": {error}"))?;
    let plain = matches!(parsed.scheme(), "http" | "https")
        && parsed.path() == "/"
        && parsed.query().is_none()
        && parsed.username().is_empty();
    if plain {
        return Ok(parsed.origin().ascii_serialization());
    }
    Err(format!("public_url \"{url}\" is not an origin: write only scheme, host and port"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, ConfigError> {
        let mut settings = Settings::standard().unwrap();
        apply_text("digime-mock.toml", text, Path::new("."), &mut settings)?;
        Ok(settings)
    }

    #[test]
    fn the_template_says_what_is_so_without_it() {
        let (with, without) = (read(TEMPLATE).unwrap(), Settings::standard().unwrap());
        assert_eq!(format!("{with:#?}"), format!("{without:#?}"));
    }

    #[test]
    fn an_unknown_key_or_a_bad_value_names_its_line() {
        for (text, line, mentions) in [
            ("port = 1\nprot = 2\n", "line 2", "prot"),
            ("\n\nport = 99999\n", "line 3", "99999"),
            ("[lifetimes]\ncode = \"soon\"\n", "line 2", "soon"),
            ("[lifetimes]\ncoed = \"1m\"\n", "line 2", "coed"),
            ("public_url = \"http://a/b\"\n", "line 1", "origin"),
            ("datasets = [\"no-such-folder\"]\n", "line 1", "no-such-folder"),
            ("[[applications]]\nid = \"a b\"\ncontracts = []\n", "line 2", "a b"),
            (
                "[[applications]]\nid = \"a\"\n[[applications.contracts]]\nid = \"c\"\nkind = \"raed\"\n",
                "line 5",
                "raed",
            ),
            (
                "[[applications]]\nid = \"a\"\n[[applications.contracts]]\nid = \"c\"\nkind = \"read\"\nkey = \"none.pem\"\n",
                "line 6",
                "none.pem",
            ),
            (
                "[[applications]]\nid = \"a\"\n[[applications.contracts]]\nid = \"c\"\nkind = \"read\"\nredirect_uris = [\"*\"]\n",
                "line 6",
                "redirect",
            ),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(line) && error.contains(mentions), "{text}\n{error}");
        }
    }
}

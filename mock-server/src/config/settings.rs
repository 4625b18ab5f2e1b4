//! Everything that can be set about a server, with its defaults.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use digime_fixtures::Dataset;
use digime_fixtures::keys;
use jiff::civil::Date;

use crate::clock::Moment;
use crate::config::admin_token::AdminToken;
use crate::config::branding::Branding;
use crate::config::listen_host::ListenHost;
use crate::config::place::Place;
use crate::config::public_url::PublicUrl;
use crate::config::state_key::StateKey;
use crate::config::state_place::StatePlace;
use crate::config::tls::TlsSettings;
use crate::config::trusted_proxy::TrustedProxy;
use crate::config::web_origin::WebOrigin;
use crate::domain::agent::AgentRules;
use crate::domain::contract::{ContractKeyError, ContractKeys, ContractKind};
use crate::domain::lifetimes::Lifetimes;
use crate::domain::pull_options::ContractScope;
use crate::domain::quota::PartnerQuotas;
use crate::domain::redirect::{DEFAULT_REDIRECT_RULES, RedirectRule, RedirectRuleError};
use crate::domain::storage::StorageLimits;
use crate::domain::timeline::Timeline;

/// The application of the default sandbox.
pub(crate) const DEFAULT_APPLICATION_ID: &str = "mock-app";

/// Everything that can be set about a server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen: an address, or a name whose addresses are all listened on.
    pub host: ListenHost,
    /// Port to listen on; 0 picks a free one.
    pub port: u16,
    /// Whether it speaks https, and with which certificate.
    pub tls: TlsSettings,
    /// Where links and `jku` lead instead of to the request's `Host`. Requests are taken with and without
    /// its path.
    pub public_url: Option<PublicUrl>,
    /// The proxies whose `Forwarded` and `X-Forwarded-*` headers say where links and `jku` lead.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// How it stops.
    pub stop: StopSettings,
    /// The web pages that may call the server and read its answers.
    pub cors_origins: Vec<WebOrigin>,
    /// Token that administration then requires, from wherever it is called.
    pub admin_token: Option<AdminToken>,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// How a sync unfolds.
    pub timeline: Timeline,
    /// Which client libraries are turned away.
    pub agents: AgentRules,
    /// How much fits into a storage.
    pub storage: StorageLimits,
    /// Whether contracts without a key of their own have the committed development keys, even if the state
    /// lasts or administration has a token; otherwise such a server makes keys of its own at its first start.
    pub development_keys: bool,
    /// What the private keys of the state are encrypted with.
    pub state_key: Option<StateKey>,
    /// How much a partner may use, unless it is told otherwise.
    pub partner_quotas: PartnerQuotas,
    /// Where the state is kept.
    pub state: StatePlace,
    /// Whether an answer waits until the disk has what it tells, so that even the loss of power takes none of
    /// it. The end of the process never does.
    pub state_sync: bool,
    /// By how much the machine's clock is ahead, as far as the server knows: for tests of servers whose clocks
    /// differ.
    #[doc(hidden)]
    pub clock_ahead: Duration,
    /// How many requests a sandbox's journal keeps.
    pub journal_size: usize,
    /// Largest request body, in bytes; pushed files and files of a storage have limits of their own.
    pub body_limit: usize,
    /// Largest file that can be pushed, in bytes.
    pub push_limit: u64,
    /// How many bytes of pushed files a sandbox holds.
    pub push_quota: u64,
    /// The applications of every sandbox, and their contracts.
    pub applications: Vec<ApplicationSettings>,
    /// How sample data is generated.
    pub sample_data: SampleDataSettings,
    /// Where `digime-mock serve` writes the client reports of all sandboxes when it ends.
    pub client_report: Option<PathBuf>,
    /// Datasets of one's own, offered besides the generated ones.
    pub datasets: Vec<Arc<Dataset>>,
    /// What `digime-mock serve` logs: a level, or a filter of tracing-subscriber.
    pub log: String,
    /// How it is logged.
    pub log_format: LogFormat,
}

/// How a server stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopSettings {
    /// How long it still takes connections, so that load balancers notice that it is not ready any more.
    pub delay: Duration,
    /// How long open requests may take to end after that.
    pub limit: Duration,
}

impl Default for StopSettings {
    /// At once, and five seconds.
    fn default() -> Self {
        Self { delay: Duration::ZERO, limit: Duration::from_secs(5) }
    }
}

/// How `digime-mock serve` logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// A JSON object a line, for programs.
    Json,
}

impl Settings {
    /// What `digime-mock serve` uses without configuration.
    ///
    /// # Errors
    /// [`ContractSettingsError`] if a committed development key is unusable, which a test excludes.
    pub fn standard() -> Result<Self, ContractSettingsError> {
        Ok(Self {
            host: ListenHost::default(),
            port: 8080,
            tls: TlsSettings::default(),
            public_url: None,
            trusted_proxies: Vec::new(),
            stop: StopSettings::default(),
            cors_origins: Vec::new(),
            admin_token: None,
            lifetimes: Lifetimes::default(),
            timeline: Timeline::default(),
            agents: AgentRules::default(),
            storage: StorageLimits::default(),
            development_keys: false,
            state_key: None,
            partner_quotas: PartnerQuotas::default(),
            state: StatePlace::Memory,
            state_sync: false,
            clock_ahead: Duration::ZERO,
            journal_size: 1000,
            body_limit: 1024 * 1024,
            push_limit: 512 * 1024 * 1024,
            push_quota: 1024 * 1024 * 1024,
            applications: vec![ApplicationSettings::standard()?],
            sample_data: SampleDataSettings::default(),
            client_report: None,
            datasets: Vec::new(),
            log: "info".to_owned(),
            log_format: LogFormat::default(),
        })
    }
}

/// An application and its contracts.
#[derive(Clone, Debug)]
pub struct ApplicationSettings {
    /// `applicationId`.
    pub id: String,
    /// What the consent page calls it.
    pub name: String,
    /// How it looks on the consent pages.
    pub branding: Branding,
    /// Its contracts.
    pub contracts: Vec<ContractSettings>,
    /// Where it was set.
    pub place: Place,
}

/// A contract.
#[derive(Clone, Debug)]
pub struct ContractSettings {
    /// `contractId`.
    pub id: String,
    /// What people call it; its id if it has no name.
    pub name: Option<String>,
    /// What it is for.
    pub kind: ContractKind,
    /// Its keys.
    pub keys: ContractKeys,
    /// The keys that it had before, and how long they are good besides, on the sandbox's clock.
    pub(crate) former: Option<(ContractKeys, Moment)>,
    /// Service groups that it may read; all if there are none.
    pub service_groups: Vec<u32>,
    /// What of the data it gives at most.
    pub scope: ContractScope,
    /// Its callbacks.
    pub redirect_rules: Vec<RedirectRule>,
    /// Where it was set.
    pub place: Place,
}

/// Settings of a contract that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ContractSettingsError {
    /// Its key.
    #[error("contract {contract}: {source}")]
    Key {
        /// The contract.
        contract: String,
        /// What is wrong with its key.
        source: ContractKeyError,
    },
    /// One of its callbacks.
    #[error("contract {contract}: {source}")]
    Redirect {
        /// The contract.
        contract: String,
        /// What is wrong with its callback.
        source: RedirectRuleError,
    },
}

impl ApplicationSettings {
    /// One contract of each kind, with the committed development keys.
    ///
    /// # Errors
    /// [`ContractSettingsError`] if a committed development key is unusable.
    pub fn standard() -> Result<Self, ContractSettingsError> {
        let contracts =
            [ContractKind::Read, ContractKind::Write, ContractKind::ReadRaw, ContractKind::OneOff];
        Ok(Self {
            id: DEFAULT_APPLICATION_ID.to_owned(),
            name: "Mock application".to_owned(),
            branding: Branding::default(),
            contracts: contracts
                .into_iter()
                .map(|kind| ContractSettings::standard(&format!("mock-{kind}-contract"), kind))
                .collect::<Result<_, _>>()?,
            place: Place::Default,
        })
    }
}

impl ContractSettings {
    /// A contract with the development key of its kind and the default callbacks.
    ///
    /// # Errors
    /// [`ContractSettingsError`] if a committed development key is unusable.
    pub fn standard(id: &str, kind: ContractKind) -> Result<Self, ContractSettingsError> {
        let key = match kind {
            ContractKind::Read => &keys::READ,
            ContractKind::Write => &keys::WRITE,
            ContractKind::ReadRaw => &keys::READ_RAW,
            ContractKind::OneOff => &keys::ONE_OFF,
        };
        let keys = ContractKeys::from_development_key(key)
            .map_err(|source| ContractSettingsError::Key { contract: id.to_owned(), source })?;
        Ok(Self {
            id: id.to_owned(),
            name: None,
            kind,
            keys,
            former: None,
            service_groups: Vec::new(),
            scope: ContractScope::default(),
            redirect_rules: redirect_rules(id, &DEFAULT_REDIRECT_RULES)?,
            place: Place::Default,
        })
    }
}

/// Reads the callbacks of a contract.
///
/// # Errors
/// [`ContractSettingsError`] naming the contract and the rule.
pub(crate) fn redirect_rules<T: AsRef<str>>(
    contract: &str,
    texts: &[T],
) -> Result<Vec<RedirectRule>, ContractSettingsError> {
    texts
        .iter()
        .map(|text| RedirectRule::parse(text.as_ref()))
        .collect::<Result<_, _>>()
        .map_err(|source| ContractSettingsError::Redirect { contract: contract.to_owned(), source })
}

/// How sample data is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleDataSettings {
    /// The same seed gives the same person and the same bytes.
    pub seed: u64,
    /// The last day that the data covers; the sandbox's present day if it is not set.
    pub until: Option<Date>,
    /// How many months the data covers.
    pub months: u32,
}

impl Default for SampleDataSettings {
    fn default() -> Self {
        Self { seed: 7, until: None, months: 12 }
    }
}

//! The server in a Rust test.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use jiff::civil::Date;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::clock::SandboxClock;
use crate::config::SettingsError;
use crate::config::settings::{ContractSettingsError, Settings};
use crate::config::state_place::StateError;
use crate::config::tls::AuthorityPlace;
use crate::consent::browser::ConsentError;
use crate::domain::lifetimes::Lifetimes;
use crate::domain::storage::StorageLimits;
use crate::domain::timeline::Timeline;
use crate::embedded::sandbox_handle::SandboxHandle;
use crate::embedded::state::ImportStateError;
use crate::http::scenario_runner::ScenarioRunner;
use crate::http::server::{Server, ServerError};
use crate::openapi;
use crate::sandbox::credentials::Credentials;
use crate::sandbox::expectations::Allowed;
use crate::sandbox::home::Home;
use crate::sandbox::registry::{Registry, RegistryError};
use crate::serve::endpoints::endpoints;
use crate::serve::https::{Https, TlsError};
use crate::serve::listeners::{self, ListenError};

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The host and port cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The settings cannot be used together.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The runtime cannot be started.
    #[error("cannot start a runtime for the server: {0}")]
    Runtime(std::io::Error),
    /// A contract is unusable.
    #[error(transparent)]
    Contract(#[from] ContractSettingsError),
    /// It cannot speak https.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The state cannot be opened.
    #[error(transparent)]
    State(#[from] StateError),
    /// Its partners and own keys cannot be had.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The file that it is to begin with cannot be taken in.
    #[error(transparent)]
    ImportState(#[from] ImportStateError),
    /// What all requests share cannot be made.
    #[error(transparent)]
    Server(#[from] ServerError),
}

/// A server of one's own: own port, own state, own thread, so that a test may use any runtime.
/// It shuts down on drop. The drop fails the test if a handler panicked, if a client's requests were
/// refused for a defect of its own, or if a fault never struck; see [`SandboxHandle::allow_refusals`]
/// and [`SandboxHandle::allow_unused_faults`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use digime_mock_server::{MockServer, Timeline};
///
/// let server = MockServer::builder().timeline(Timeline::INSTANT).start().await;
/// assert!(server.url().starts_with("http://127.0.0.1:"));
/// let credentials = server.credentials();
/// assert_eq!(credentials.application_id, "mock-app");
/// assert_eq!(credentials.urls.api, format!("{}/v1.7/", server.url()));
/// # });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "the server shuts down when it is dropped"]
pub struct MockServer {
    pub(super) server: Arc<Server>,
    default: SandboxHandle,
    https: Option<Https>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl MockServer {
    /// Starts a server on a free port of 127.0.0.1, with everything else as `digime-mock serve`.
    ///
    /// # Panics
    /// If no port can be listened on; see [`MockServerBuilder::try_start`].
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// A server with settings of its own.
    pub fn builder() -> MockServerBuilder {
        MockServerBuilder {
            changes: Vec::new(),
            allowed: Allowed::default(),
            state_files: Vec::new(),
            scenario_runner: None,
        }
    }

    /// What its requests share, for requests that come by no connection.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn shared(&self) -> &Arc<Server> {
        &self.server
    }

    /// Where clients reach it, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        self.server.local_url().to_string()
    }

    /// The CA that clients must trust, as PEM; none if the server speaks plain http, or has a certificate of
    /// the test's own.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use digime_mock_server::MockServer;
    ///
    /// let server = MockServer::builder().tls().start().await;
    /// assert!(server.url().starts_with("https://127.0.0.1:"));
    /// assert!(server.ca_certificate_pem().is_some_and(|pem| pem.contains("BEGIN CERTIFICATE")));
    /// # });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ca_certificate_pem(&self) -> Option<&str> {
        let trust = self.https.as_ref()?.trust.as_ref()?;
        Some(&trust.pem)
    }

    /// Where it listens, whatever name clients have for it.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Makes a fresh sandbox: own contracts, users, clock, faults and journal.
    ///
    /// # Panics
    /// If the server already holds ten thousand.
    #[allow(clippy::panic)]
    pub async fn sandbox(&self) -> SandboxHandle {
        match self.server.sandboxes.create(&self.server.settings, None) {
            Some(sandbox) => SandboxHandle { server: Arc::clone(&self.server), sandbox },
            None => panic!("the server holds as many sandboxes as it can"),
        }
    }

    /// The sandbox that always exists.
    pub fn default_sandbox(&self) -> &SandboxHandle {
        &self.default
    }

    /// What a client needs to use the default sandbox.
    pub fn credentials(&self) -> Credentials {
        self.default.credentials()
    }

    /// The default sandbox's clock.
    pub fn clock(&self) -> &SandboxClock {
        self.default.clock()
    }

    /// The OpenAPI document that `GET /__admin/openapi.json` answers.
    pub fn openapi(&self) -> serde_json::Value {
        openapi::document(&self.server.local_url(), self.server.described())
    }

    /// Approves a consent page of any sandbox; see [`SandboxHandle::approve`].
    ///
    /// # Errors
    /// [`ConsentError`] if `url` is no consent page of this server.
    pub fn approve(&self, url: &str) -> Result<String, ConsentError> {
        self.default.approve(url)
    }
}

impl Drop for MockServer {
    #[allow(clippy::panic)]
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        let panics = self.server.panics();
        if std::thread::panicking() {
            return;
        }
        if !panics.is_empty() || matches!(ended, Some(Err(_))) {
            panic!("the mock server panicked:\n{}", panics.join("\n"));
        }
        let unmet = self.server.sandboxes.unmet_expectations();
        if !unmet.is_empty() {
            panic!("{}", unmet.join("\n"));
        }
    }
}

type Change = Box<dyn FnOnce(&mut Settings) + Send>;

/// Settings of a server, as the configuration file has them; what is not said is as `digime-mock serve` has it, but for
/// the port, which is a free one.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use std::time::Duration;
/// use digime_mock_server::{Lifetimes, MockServer};
///
/// let lifetimes = Lifetimes { access_token: Duration::from_secs(60), ..Lifetimes::default() };
/// let server = MockServer::builder().lifetimes(lifetimes).settings(|it| it.journal_size = 10).start().await;
/// # drop(server);
/// # });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing starts until start is called"]
pub struct MockServerBuilder {
    changes: Vec<Change>,
    allowed: Allowed,
    state_files: Vec<PathBuf>,
    scenario_runner: Option<Arc<dyn ScenarioRunner>>,
}

impl std::fmt::Debug for MockServerBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MockServerBuilder").field("changes", &self.changes.len()).finish()
    }
}

impl MockServerBuilder {
    /// How long codes, tokens and sessions live, on the clocks of sandboxes: ten minutes, a day for access and thirty days
    /// for refresh tokens, an hour, unless this is called.
    pub fn lifetimes(self, lifetimes: Lifetimes) -> Self {
        self.settings(move |settings| settings.lifetimes = lifetimes)
    }

    /// How a sync unfolds; [`Timeline::INSTANT`] for tests that do not look at it. Unless this is called, a sync is completed
    /// two seconds after the consent, on the sandbox's clock.
    pub fn timeline(self, timeline: Timeline) -> Self {
        self.settings(move |settings| settings.timeline = timeline)
    }

    /// How much fits into a storage, in bytes: 256 MiB, and 64 MiB a file, unless this is called.
    pub fn storage(self, limits: StorageLimits) -> Self {
        self.settings(move |settings| settings.storage = limits)
    }

    /// The seed of the sample data, 7 unless this is called: the same seed gives the same person and the same bytes.
    pub fn seed(self, seed: u64) -> Self {
        self.settings(move |settings| settings.sample_data.seed = seed)
    }

    /// Speaks https, with a certificate of a CA that is made for this server alone and kept nowhere; see
    /// [`MockServer::ca_certificate_pem`].
    pub fn tls(self) -> Self {
        self.settings(|settings| settings.tls.enabled = Some(true))
    }

    /// The last day that the sample data covers, in UTC, so that its bytes do not depend on the date; today unless this is
    /// called.
    pub fn sample_data_until(self, date: Date) -> Self {
        self.settings(move |settings| settings.sample_data.until = Some(date))
    }

    /// Begins with the sandbox that a file has the state of, which `digime-mock state export` or
    /// [`SandboxHandle::export_state`] wrote.
    pub fn state_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.state_files.push(path.into());
        self
    }

    /// Lets the console run scenarios.
    pub fn scenario_runner(mut self, runner: Arc<dyn ScenarioRunner>) -> Self {
        self.scenario_runner = Some(runner);
        self
    }

    /// Allows refusals in every sandbox; see [`SandboxHandle::allow_refusals`].
    pub fn allow_refusals(mut self) -> Self {
        self.allowed.refusals = true;
        self
    }

    /// Allows unused faults in every sandbox; see [`SandboxHandle::allow_unused_faults`].
    pub fn allow_unused_faults(mut self) -> Self {
        self.allowed.unused_faults = true;
        self
    }

    /// Any other setting.
    pub fn settings(mut self, change: impl FnOnce(&mut Settings) + Send + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// Starts the server.
    ///
    /// # Panics
    /// If it cannot be started; see [`MockServerBuilder::try_start`].
    #[allow(clippy::panic)]
    pub async fn start(self) -> MockServer {
        match self.try_start() {
            Ok(server) => server,
            Err(error) => panic!("{error}"),
        }
    }

    /// Starts the server.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn try_start(self) -> Result<MockServer, StartError> {
        let mut settings = Settings::standard()?;
        settings.port = 0;
        // A test leaves nothing in the folders of whoever runs it.
        settings.tls.authority = AuthorityPlace::Memory;
        for change in self.changes {
            change(&mut settings);
        }
        settings.check()?;
        for warning in settings.warnings() {
            tracing::warn!("{warning}");
        }
        let https = Https::prepare(&settings)?;
        let (listeners, address) = listen(&settings)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StartError::Runtime)?;
        let server = open(&runtime, &mut settings).and_then(|(home, registry)| {
            let server = Server::new(settings, address, endpoints().collect(), self.allowed, home, registry)?;
            Ok(server.with_scenario_runner(self.scenario_runner))
        });
        let server = match server {
            Ok(server) => Arc::new(server),
            Err(error) => {
                // A test may be in a runtime, in which no other one may be waited for.
                let ended = std::thread::spawn(move || drop(runtime)).join();
                return Err(
                    ended.map_or_else(|_| StartError::Runtime(std::io::ErrorKind::Other.into()), |()| error)
                );
            }
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let (running, tls) = (Arc::clone(&server), https.clone());
        let thread = std::thread::Builder::new().name("digime-mock".to_owned()).spawn(move || {
            runtime.block_on(async {
                let Ok(listeners) = listeners::register(listeners) else { return };
                // A test that drops its server is done with it: nothing is drained.
                tokio::select! {
                    () = listeners::serve(&running, listeners, tls.as_ref(), std::future::pending()) => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        });
        let default =
            SandboxHandle { sandbox: server.sandboxes.default_sandbox(), server: Arc::clone(&server) };
        let started = MockServer {
            server,
            default,
            https,
            stop: Some(stop),
            thread: Some(thread.map_err(StartError::Runtime)?),
        };
        for path in &self.state_files {
            started.import_state_file(path)?;
        }
        Ok(started)
    }
}

/// Opens the state on a thread of its own: a test may be in a runtime, which must not wait for another one.
fn open(runtime: &Runtime, settings: &mut Settings) -> Result<(Home, Registry), StartError> {
    let open = async {
        let home = Home::open(settings).await?;
        let registry = Registry::open(settings, &home).await?;
        Ok((home, registry))
    };
    let opened = std::thread::scope(|scope| scope.spawn(|| runtime.block_on(open)).join());
    opened.map_err(|_| StartError::Runtime(std::io::Error::other("the state was not opened")))?
}

/// Listens as the settings say, and gives the address that stands for all.
pub(crate) fn listen(settings: &Settings) -> Result<(Vec<TcpListener>, SocketAddr), StartError> {
    let listeners = listeners::bind(&settings.host, settings.port)?;
    let first = listeners.first().map(TcpListener::local_addr).transpose().map_err(StartError::Runtime)?;
    let any = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), settings.port);
    Ok((listeners, first.unwrap_or(any)))
}

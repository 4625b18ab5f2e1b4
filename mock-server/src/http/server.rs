//! What all requests share.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use http::header::HOST;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use tokio::sync::Semaphore;

use super::browser_session::BrowserSessions;
use super::endpoint::Endpoint;
use super::failed_logins::FailedLogins;
use super::forwarded;
use super::metrics::Metrics;
use super::scenario_runner::ScenarioRunner;
use super::streams::Streams;
use crate::clock::Moment;
use crate::config::public_url::{PublicUrl, Scheme};
use crate::config::settings::Settings;
use crate::open_files;
use crate::openapi::Described;
use crate::operations::route::Route;
use crate::payload::container_cache::ContainerCache;
use crate::payload::signing_keys::Published;
use crate::sandbox::Sandboxes;
use crate::sandbox::expectations::Allowed;
use crate::sandbox::home::Home;
use crate::sandbox::registry::Registry;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) settings: Settings,
    pub(crate) sandboxes: Sandboxes,
    pub(crate) containers: ContainerCache,
    endpoints: Vec<&'static Endpoint>,
    address: SocketAddr,
    panics: Mutex<Vec<String>>,
    pub(crate) metrics: Metrics,
    pub(crate) browser_sessions: BrowserSessions,
    pub(crate) failed_logins: FailedLogins,
    pub(crate) streams: Streams,
    /// A permit for each connection that may be open.
    pub(crate) places: Arc<Semaphore>,
    stopping: AtomicBool,
    /// What runs scenarios, in a program that has something that does.
    pub(crate) scenario_runner: Option<Arc<dyn ScenarioRunner>>,
}

/// A server that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Its figures.
    #[error("the metrics cannot be set up: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// The connection that a request came by: whose it is, and who is at its other end.
#[derive(Clone)]
pub(crate) struct Socket {
    pub(crate) server: Arc<Server>,
    pub(crate) peer: SocketAddr,
}

impl<S: Sync> FromRequestParts<S> for Socket {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        parts.extensions.remove().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl Server {
    pub(crate) fn new(
        settings: Settings,
        address: SocketAddr,
        endpoints: Vec<&'static Endpoint>,
        allowed: Allowed,
        home: Home,
        registry: Registry,
    ) -> Result<Self, ServerError> {
        Ok(Self {
            metrics: Metrics::new(endpoints.iter().map(|endpoint| endpoint.operation()))?,
            browser_sessions: BrowserSessions::new(settings.admin_token.as_ref()),
            failed_logins: FailedLogins::default(),
            streams: Streams::default(),
            places: Arc::new(Semaphore::new(open_files::most_connections().min(Semaphore::MAX_PERMITS))),
            stopping: AtomicBool::new(false),
            scenario_runner: None,
            endpoints,
            sandboxes: Sandboxes::new(&settings, allowed, home, registry),
            containers: ContainerCache::default(),
            panics: Mutex::default(),
            settings,
            address,
        })
    }

    /// The same with something that runs scenarios.
    pub(crate) fn with_scenario_runner(mut self, runner: Option<Arc<dyn ScenarioRunner>>) -> Self {
        self.scenario_runner = runner;
        self
    }

    /// What signs its tokens at a moment of real time, and the keys that it publishes then.
    pub(crate) fn signing(&self, at: Moment) -> Arc<Published> {
        self.sandboxes.registry.signing(at)
    }

    /// Everything that it can be asked for.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &'static Endpoint> + Clone + '_ {
        self.endpoints.iter().copied()
    }

    /// Where all of it is reached.
    pub(crate) fn routes(&self) -> impl Iterator<Item = &'static Route> + Clone + '_ {
        self.endpoints().map(|endpoint| &endpoint.route)
    }

    /// All of it, as the OpenAPI document describes it.
    pub(crate) fn described(&self) -> impl Iterator<Item = Described> + Clone + '_ {
        self.endpoints().map(|endpoint| (&endpoint.route, endpoint.exchange))
    }

    /// Where it listens; of several addresses the first.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the server's own machine reaches it.
    pub(crate) fn local_url(&self) -> PublicUrl {
        match &self.settings.public_url {
            Some(url) => url.clone(),
            None if self.address.ip().is_unspecified() => {
                PublicUrl::new(self.scheme(), format!("127.0.0.1:{}", self.address.port()))
            }
            None => PublicUrl::new(self.scheme(), self.address.to_string()),
        }
    }

    /// How it is spoken to where it listens.
    fn scheme(&self) -> Scheme {
        if self.settings.tls.is_on() { Scheme::Https } else { Scheme::Http }
    }

    /// Where the client of a request reaches it: as the settings say, or a trusted proxy, or the `Host`.
    pub(crate) fn reached(&self, headers: &HeaderMap, peer: SocketAddr) -> PublicUrl {
        if self.settings.public_url.is_some() {
            return self.local_url();
        }
        let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let direct = match host.filter(|host| !host.is_empty() && host.chars().all(named)) {
            Some(host) => PublicUrl::new(self.scheme(), host),
            None => self.local_url(),
        };
        let trusted = self.settings.trusted_proxies.iter().any(|it| it.covers(peer.ip()));
        if trusted { forwarded::reached(headers, &direct) } else { direct }
    }

    /// Notes that no new connections are taken.
    #[cfg(feature = "cli")]
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether it was asked to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Notes that a handler panicked, for the test that runs the server.
    pub(crate) fn note_panic(&self, what: String) {
        self.panics.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// The panics so far.
    pub(crate) fn panics(&self) -> Vec<String> {
        self.panics.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

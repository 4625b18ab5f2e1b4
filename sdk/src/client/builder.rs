//! Building a client: URLs, limits, time limits, retry rules.

use std::sync::Arc;
use std::time::Duration;

use crate::client::agent::Agent;
use crate::client::{Client, Shared};
use crate::error::{Error, Result};
use crate::http::endpoint;
use crate::http::observer::Observer;
use crate::http::proxy::{self, Proxies, Route};
use crate::http::retry::RetryPolicy;
use crate::http::transport::{TimeLimits, Transport};
use crate::ids::check_plain;
use crate::tokens::key_set_cache::KeySets;
use crate::tokens::listener::TokenListener;
use crate::tokens::token::TokenRefreshed;
use crate::tokens::trusted_key_sets::TrustedKeySets;

/// Collects the settings of a [`Client`]; see [`Client::builder`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    application_id: String,
    api_url: String,
    onboard_url: String,
    cloud_url: String,
    retry: RetryPolicy,
    times: TimeLimits,
    connect_timeout: Duration,
    user_agent: String,
    agent: Agent,
    route: Route,
    proxy: Option<String>,
    roots: Vec<String>,
    observer: Option<Arc<dyn Observer>>,
    trusted: Vec<String>,
    max_file_size: u64,
    max_json_size: usize,
    listener: Option<TokenListener>,
}

impl ClientBuilder {
    pub(crate) fn new(application_id: String) -> Self {
        Self {
            application_id,
            api_url: String::new(),
            onboard_url: String::new(),
            cloud_url: String::new(),
            retry: RetryPolicy::default(),
            times: TimeLimits {
                request: Duration::from_secs(90),
                read: Duration::from_secs(30),
                file: Duration::from_secs(15 * 60),
            },
            connect_timeout: Duration::from_secs(10),
            user_agent: concat!("digime-rust/", env!("CARGO_PKG_VERSION")).to_owned(),
            agent: Agent::default(),
            route: Route::default(),
            proxy: None,
            roots: Vec::new(),
            observer: None,
            trusted: Vec::new(),
            max_file_size: 512 * 1024 * 1024,
            max_json_size: 64 * 1024 * 1024,
            listener: None,
        }
    }

    /// Root of the API. Default `https://api.digi.me/v1.7/`; empty means the
    /// default; a missing final `/` is added
    /// (protocol reference, README §4).
    pub fn api_url(mut self, url: impl Into<String>) -> Self {
        self.api_url = url.into();
        self
    }

    /// Root of the consent pages. Default `https://api.digi.me/apps/saas/`.
    /// Independent of [`ClientBuilder::api_url`].
    pub fn onboard_url(mut self, url: impl Into<String>) -> Self {
        self.onboard_url = url.into();
        self
    }

    /// Root of the storage host. Default `https://cloud.digi.me/v1/`.
    /// Independent of [`ClientBuilder::api_url`].
    pub fn cloud_url(mut self, url: impl Into<String>) -> Self {
        self.cloud_url = url.into();
        self
    }

    /// Sets all three URLs to one server with the platform's prefixes `/v1.7/`,
    /// `/apps/saas/` and `/v1/`, as a mock server serves them.
    ///
    /// ```
    /// # fn main() -> Result<(), digime::Error> {
    /// let client = digime::Client::builder("app").origin("http://127.0.0.1:8080").build()?;
    /// assert_eq!(client.api_url().as_str(), "http://127.0.0.1:8080/v1.7/");
    /// # Ok(())
    /// # }
    /// ```
    pub fn origin(self, origin: impl AsRef<str>) -> Self {
        let origin = origin.as_ref().trim_end_matches('/');
        self.api_url(format!("{origin}/v1.7/"))
            .onboard_url(format!("{origin}/apps/saas/"))
            .cloud_url(format!("{origin}/v1/"))
    }

    /// Retry rules of all operations.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Longest wait for a connection. Default 10 s.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Longest silence while an answer's body is read. Default 30 s.
    pub fn read_timeout(mut self, limit: Duration) -> Self {
        self.times.read = limit;
        self
    }

    /// Longest time for one attempt of a request, its answer included. For file
    /// downloads: until the headers have arrived; for uploads: on top of
    /// [`ClientBuilder::download_timeout`]. Default 90 s.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.times.request = limit;
        self
    }

    /// Longest time for the body of one file, downloaded or uploaded.
    /// Default 15 min.
    pub fn download_timeout(mut self, limit: Duration) -> Self {
        self.times.file = limit;
        self
    }

    /// The `User-Agent` header. Default `digime-rust/{version}`.
    pub fn user_agent(mut self, value: impl Into<String>) -> Self {
        self.user_agent = value.into();
        self
    }

    /// The `agent` object of session requests, should the platform not accept
    /// the default one (errors `SDKInvalid`, `SDKVersionInvalid`).
    pub fn agent(mut self, agent: Agent) -> Self {
        self.agent = agent;
        self
    }

    /// Sends everything through this proxy (`http`, `https`, `socks4`, `socks4a`, `socks5`,
    /// `socks5h`), whatever the environment says; it may hold a user name and password,
    /// which are never shown.
    ///
    /// Without this setting the proxies of the environment are used (`HTTP_PROXY`,
    /// `HTTPS_PROXY`, `ALL_PROXY`, except for hosts in `NO_PROXY`), but never for
    /// loopback addresses (`127.0.0.0/8`, `::1`, `localhost` and names below it):
    /// a proxy elsewhere cannot reach a server on this machine. A proxy set here
    /// is used for loopback addresses too.
    ///
    /// An error of a request that went by way of a proxy names the proxy.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Uses no proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.proxy = None;
        self.route = Route::Direct;
        self
    }

    /// Trusts the certificates of a PEM text as roots of TLS, besides those of the
    /// operating system: for a server or proxy with a certificate of your own.
    pub fn root_certificate(mut self, pem: impl Into<String>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// Shows every attempt of every request to an observer, secrets included; see
    /// [`Observer`].
    pub fn observe(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Trusts a further key-set URL, or all key sets of an origin (a URL with an
    /// empty path), besides the API's own. Tokens name the key set that verifies
    /// them, so trust only what you run.
    pub fn trust_jku(mut self, url_or_origin: impl Into<String>) -> Self {
        self.trusted.push(url_or_origin.into());
        self
    }

    /// Largest file, in bytes after decryption and decompression.
    /// Default 512 MiB.
    pub fn max_file_size(mut self, bytes: u64) -> Self {
        self.max_file_size = bytes;
        self
    }

    /// Largest JSON answer, in bytes. Default 64 MiB.
    pub fn max_json_size(mut self, bytes: usize) -> Self {
        self.max_json_size = bytes;
        self
    }

    /// Called with every refreshed token pair, before it is first used. Store
    /// the new pair here: the old refresh token may stop working.
    ///
    /// The call blocks the refresh, so hand the token on quickly. See also
    /// [`crate::User::subscribe`].
    pub fn on_token(mut self, listener: impl Fn(&TokenRefreshed<'_>) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Checks all settings and makes the client.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Config`], naming the setting.
    pub fn build(self) -> Result<Client> {
        check_plain("application_id", &self.application_id)?;
        let api = endpoint::base("api_url", &self.api_url, endpoint::API)?;
        let onboard = endpoint::base("onboard_url", &self.onboard_url, endpoint::ONBOARD)?;
        let cloud = endpoint::base("cloud_url", &self.cloud_url, endpoint::CLOUD)?;
        let trusted = TrustedKeySets::new(&api, &self.trusted)?;
        let route = match self.proxy {
            Some(proxy) => Route::Fixed(proxy::fixed(&proxy)?),
            None => self.route,
        };
        let proxies = Arc::new(Proxies::new(route));
        let http = http_client(self.connect_timeout, &proxies, &self.roots)?;
        let user_agent = self
            .user_agent
            .parse()
            .map_err(|_| Error::config("user_agent", "is not a valid header value"))?;
        let transport = Transport::new(
            http,
            proxies,
            self.observer,
            self.retry,
            self.times,
            user_agent,
            self.max_json_size,
        );
        Ok(Client::from_shared(Shared {
            application_id: self.application_id,
            api,
            onboard,
            cloud,
            transport,
            key_sets: KeySets::new(trusted),
            agent: self.agent,
            max_file_size: self.max_file_size,
            listener: self.listener,
            users: Arc::default(),
        }))
    }
}

fn http_client(
    connect_timeout: Duration,
    proxies: &Arc<Proxies>,
    roots: &[String],
) -> Result<reqwest::Client> {
    let field = "root_certificate";
    let mut certificates = Vec::new();
    for pem in roots {
        let found = reqwest::Certificate::from_pem_bundle(pem.as_bytes())
            .map_err(|error| Error::config(field, "is not a PEM text").because(error))?;
        if found.is_empty() {
            return Err(Error::config(field, "holds no certificate"));
        }
        certificates.extend(found);
    }
    let proxies = Arc::clone(proxies);
    reqwest::Client::builder()
        // A redirect would carry a signed request, token included, elsewhere.
        .redirect(reqwest::redirect::Policy::none())
        // reqwest would resend the very same signed request, nonce included.
        .retry(reqwest::retry::never())
        .connect_timeout(connect_timeout)
        // Servers and load balancers close what rests for 30 to 75 s; a POST is sent once, and must not meet that.
        .pool_idle_timeout(Duration::from_secs(20))
        .referer(false)
        // The environment is read by `Proxies`, which errors are named after.
        .no_proxy()
        .proxy(reqwest::Proxy::custom(move |url| proxies.of(url)))
        .tls_certs_merge(certificates)
        .build()
        .map_err(|error| Error::config("the HTTP client", "cannot be built").because(error))
}

impl std::fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("application_id", &self.application_id)
            .field("retry", &self.retry)
            .field("times", &self.times)
            .finish_non_exhaustive()
    }
}

//! The server: what its requests share, and the loop that takes connections.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::HOST;
use http::{HeaderMap, Request};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tower_service::Service;

use crate::container_cache::ContainerCache;
use crate::dispatch;
use crate::sandbox::Sandboxes;
use crate::settings::Settings;
use crate::signing::{SigningKey, SigningKeyError};

/// How long a client may take to send its request head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest request head, in bytes.
const HEAD_LIMIT: usize = 64 * 1024;
/// How long open requests may take to end after a stop was asked for.
const DRAIN: Duration = Duration::from_secs(5);

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) settings: Settings,
    pub(crate) sandboxes: Sandboxes,
    pub(crate) signing: SigningKey,
    pub(crate) containers: ContainerCache,
    address: SocketAddr,
    panics: Mutex<Vec<String>>,
}

/// The peer of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl Server {
    pub(crate) fn new(settings: Settings, address: SocketAddr) -> Result<Self, SigningKeyError> {
        Ok(Self {
            sandboxes: Sandboxes::new(&settings),
            signing: SigningKey::development()?,
            containers: ContainerCache::default(),
            panics: Mutex::default(),
            settings,
            address,
        })
    }

    /// The origin that the server's own machine reaches it under.
    pub(crate) fn local_origin(&self) -> String {
        match &self.settings.public_url {
            Some(url) => url.clone(),
            None if self.address.ip().is_unspecified() => format!("http://127.0.0.1:{}", self.address.port()),
            None => format!("http://{}", self.address),
        }
    }

    /// The origin that a client reaches the server under.
    pub(crate) fn origin(&self, headers: &HeaderMap) -> String {
        let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        match host.filter(|host| !host.is_empty() && host.chars().all(named)) {
            Some(host) if self.settings.public_url.is_none() => format!("http://{host}"),
            _ => self.local_origin(),
        }
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

/// Takes connections until `stop` resolves, then lets open requests end.
pub(crate) async fn serve(server: Arc<Server>, listener: TcpListener, stop: impl Future<Output = ()>) {
    let router = dispatch::router(Arc::clone(&server));
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: wait for connections to end.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            let mut router = router.clone();
            async move { router.call(request).await as Result<_, Infallible> }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(HEAD_LIMIT)
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, %peer, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still open {} s after the stop; they are dropped", DRAIN.as_secs());
    }
}

//! The loop that takes connections.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use http::{Request, StatusCode, Uri, Version};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

use super::activity::Pause;
use super::handshake::{self, Received};
use super::patience::Patient;
use super::places::Gate;
use super::{cors, dispatch, host, late};
use crate::config::public_url::PublicUrl;
use crate::durations;
use crate::http::metrics::Connected;
use crate::http::server::{Server, Socket};
use crate::tls::protocol::H2;

/// How long a client may take to send its request head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest request head, in bytes.
const HEAD_LIMIT: usize = 64 * 1024;
/// How many requests a client that is connected by HTTP/2 may have open at once.
const MOST_STREAMS: u32 = 100;
/// How much of each answer waits for such a client, in bytes.
const SEND_BUFFER: usize = 64 * 1024;
/// How often a client that is connected by HTTP/2 and silent is asked whether it is still there.
const PING_INTERVAL: Duration = Duration::from_secs(30);

/// Takes connections until `stop` resolves, then lets open requests end.
pub(crate) async fn serve(
    server: Arc<Server>,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    stop: impl Future<Output = ()>,
) {
    let (stopping, stopped) = watch::channel(());
    let mut gate = Gate::new(Arc::clone(&server.places));
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = gate.accept(&listener) => accepted,
        };
        let Some((stream, peer, place)) = accepted else { break };
        let _ = stream.set_nodelay(true);
        let connection = Connection {
            server: Arc::clone(&server),
            peer,
            stopped: stopped.clone(),
            _counted: server.metrics.connected(),
            _place: place,
        };
        match tls.clone() {
            None => drop(tokio::spawn(connection.http1(stream))),
            Some(acceptor) => drop(tokio::spawn(connection.https(acceptor, stream))),
        }
    }
    drop((listener, stopped));
    server.streams.end();
    let _ = stopping.send(());
    let limit = server.settings.stop.limit;
    // Each connection has a receiver for as long as it is open.
    if tokio::time::timeout(limit, stopping.closed()).await.is_err() {
        let limit = durations::format(limit);
        tracing::warn!("requests were still open {limit} after the stop; they are dropped");
    }
}

/// A connection that was accepted.
struct Connection {
    server: Arc<Server>,
    peer: SocketAddr,
    /// Says that the server stops.
    stopped: watch::Receiver<()>,
    _counted: Connected,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    /// Over TLS, unless the server stops before the handshake ends.
    async fn https(mut self, acceptor: TlsAcceptor, stream: TcpStream) {
        let received = tokio::select! {
            received = handshake::receive(&acceptor, stream, self.peer) => received,
            // A handshake has nothing to end.
            _ = self.stopped.changed() => return,
        };
        match received {
            Some(Received::Tls(stream)) if stream.get_ref().1.alpn_protocol() == Some(H2) => {
                self.http2(*stream).await;
            }
            Some(Received::Tls(stream)) => self.http1(*stream).await,
            Some(Received::Plain(stream)) => {
                let refuse = service_fn(handshake::refuse_plain);
                let mut rules = http1_rules();
                let rules = rules.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
                let stream = TokioIo::new(Patient::new(stream));
                tokio::select! {
                    ended = rules.serve_connection(stream, refuse) => log_end(ended, self.peer),
                    _ = self.stopped.changed() => {}
                }
            }
            None => {}
        }
    }

    // What an async function is given would be in its future twice, in which thousands of connections rest.
    fn http1(
        mut self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ) -> impl Future<Output = ()> + Send {
        let mut stream = Patient::new(stream);
        async move {
            loop {
                let woken = tokio::select! {
                    // What has come already is answered before the server stops.
                    biased;
                    woken = tokio::time::timeout(HEAD_TIMEOUT, stream.wakes()) => woken.unwrap_or(false),
                    _ = self.stopped.changed() => false,
                };
                if !woken {
                    return;
                }
                // In a place of its own, which a connection that rests has not.
                let served: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(self.http1_awake(&mut stream));
                match served.await {
                    Awake::Rests => {}
                    Awake::HalfHead => {
                        tracing::debug!(peer = %self.peer, "the head of a request did not end");
                        // Whoever does not read it loses nothing.
                        let _ = late::tell(&mut stream, HEAD_TIMEOUT).await;
                        return;
                    }
                    Awake::Ended(ended) => return log_end(ended, self.peer),
                }
            }
        }
    }

    /// Serves until the connection ends, or has nothing to do for a while: what hyper keeps for it, two buffers of
    /// 8 KiB among it, is more than 10,000 connections at rest may have.
    async fn http1_awake(&mut self, stream: &mut Patient<impl AsyncRead + AsyncWrite + Unpin>) -> Awake {
        let activity = Arc::clone(stream.activity());
        let (server, peer, begun) = (Arc::clone(&self.server), self.peer, Arc::clone(&activity));
        let service = service_fn(move |request| {
            let (underway, answer) = (begun.begin(), answer(Arc::clone(&server), peer, request));
            async { Ok::<_, Infallible>(answer.await?.map(|body| underway.sends(body))) }
        });
        let mut connection = http1_rules().serve_connection(TokioIo::new(stream), service);
        let mut stopping = false;
        loop {
            let pause = tokio::select! {
                biased;
                ended = &mut connection => return Awake::Ended(ended),
                _ = self.stopped.changed(), if !stopping => {
                    stopping = true;
                    Pin::new(&mut connection).graceful_shutdown();
                    continue;
                }
                pause = activity.pauses(HEAD_TIMEOUT) => pause,
            };
            match pause {
                Pause::HalfHead => return Awake::HalfHead,
                // It ends by itself.
                Pause::Idle if stopping => {}
                Pause::Idle => {
                    let parts = connection.into_parts();
                    parts.io.into_inner().take_back(parts.read_buf);
                    return Awake::Rests;
                }
            }
        }
    }

    async fn http2(self, stream: impl AsyncRead + AsyncWrite + Unpin + 'static) {
        let Self { server, peer, mut stopped, _counted, _place } = self;
        let service = service_fn(move |request| answer(Arc::clone(&server), peer, request));
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_header_list_size(HEAD_LIMIT as u32)
            .max_concurrent_streams(MOST_STREAMS)
            .max_send_buf_size(SEND_BUFFER)
            .keep_alive_interval(PING_INTERVAL)
            .serve_connection(TokioIo::new(Patient::new(stream)), service);
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            _ = stopped.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        log_end(ended, peer);
    }
}

/// How a connection of HTTP/1.1 comes out of being served.
enum Awake {
    /// It has nothing to do for now.
    Rests,
    /// The head of a request does not end.
    HalfHead,
    Ended(hyper::Result<()>),
}

fn http1_rules() -> http1::Builder {
    let mut rules = http1::Builder::new();
    rules.header_read_timeout(None).max_buf_size(HEAD_LIMIT).half_close(true);
    rules
}

fn log_end(ended: hyper::Result<()>, peer: SocketAddr) {
    match ended {
        Err(error) if error.is_parse() => tracing::warn!(
            %error, %peer,
            "what a client sent is no HTTP, or has too large a head; https to a server that speaks http looks so: --tls"
        ),
        Err(error) => tracing::debug!(%error, %peer, "a connection ended early"),
        Ok(()) => {}
    }
}

/// Answers a request, whatever form of HTTP it came in.
async fn answer(
    server: Arc<Server>,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<Response, Infallible> {
    if request.version() == Version::HTTP_2 && host::settle(&mut request).is_err() {
        let text = "The headers :authority and Host name different hosts (RFC 9113, section 8.3.1)\n";
        return Ok(handshake::plain_text(StatusCode::BAD_REQUEST, text.to_owned()));
    }
    let mut router = dispatch::ROUTER.clone();
    let settings = &server.settings;
    if let Some(uri) = settings.public_url.as_ref().and_then(|url| inner_uri(request.uri(), url)) {
        *request.uri_mut() = uri;
    }
    let origin = cors::allowed_origin(request.headers(), &settings.cors_origins);
    request.extensions_mut().insert(Socket { server, peer });
    let Some(origin) = origin else { return router.call(request).await };
    if let Some(answer) = cors::preflight(request.method(), request.headers(), &origin) {
        return Ok(answer);
    }
    let mut answer = router.call(request).await?;
    cors::open(&mut answer, &origin);
    Ok(answer)
}

/// The URI without the path before all paths, which some proxies remove and others leave.
fn inner_uri(uri: &Uri, url: &PublicUrl) -> Option<Uri> {
    let path = url.inner_path(uri.path())?;
    let path_and_query = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.parse().ok()?);
    Uri::from_parts(parts).ok()
}

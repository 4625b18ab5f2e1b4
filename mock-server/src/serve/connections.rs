//! The loop that takes connections.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Uri};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tower_service::Service;

use super::{cors, dispatch};
use crate::config::public_url::PublicUrl;
use crate::http::server::{Peer, Server};

/// How long a client may take to send its request head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest request head, in bytes.
const HEAD_LIMIT: usize = 64 * 1024;
/// How long open requests may take to end after a stop was asked for.
const DRAIN: Duration = Duration::from_secs(5);

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
        let (router, server) = (router.clone(), Arc::clone(&server));
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            let settings = &server.settings;
            if let Some(uri) = settings.public_url.as_ref().and_then(|url| inner_uri(request.uri(), url)) {
                *request.uri_mut() = uri;
            }
            let origin = cors::allowed_origin(request.headers(), &settings.cors_origins);
            let mut router = router.clone();
            async move {
                let Some(origin) = origin else { return router.call(request).await as Result<_, Infallible> };
                if let Some(answer) = cors::preflight(request.method(), request.headers(), &origin) {
                    return Ok(answer);
                }
                let mut answer = router.call(request).await?;
                cors::open(&mut answer, &origin);
                Ok(answer)
            }
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

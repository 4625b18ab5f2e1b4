//! A proxy between the SDK and the server that records what passes: the SDK hides its requests,
//! and a report must show them.
//!
//! A server at an `http` URL is reached as through any HTTP proxy, so nothing about the request
//! changes. For `https` the SDK is given a base URL of the gateway, which passes requests on.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::header::{CONNECTION, HOST, HeaderName, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{Party, Pending, Recording};

/// Headers that belong to one connection, not to the message.
const OF_THE_CONNECTION: [HeaderName; 3] =
    [CONNECTION, TRANSFER_ENCODING, HeaderName::from_static("proxy-connection")];

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// A running gateway; it stops when dropped.
#[derive(Debug)]
pub(crate) struct Gateway {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Gateway {
    /// Starts on a free port of this machine.
    ///
    /// # Errors
    /// If no port can be listened on.
    pub(crate) async fn start(recording: Recording, http: reqwest::Client) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (recording, http) = (recording.clone(), http.clone());
                connections.spawn(async move {
                    let service = service_fn(|request| pass(&recording, &http, request));
                    // A client that goes away is its own affair; the recording has what it got.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, task })
    }

    /// The gateway as a proxy.
    pub(crate) fn proxy_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A base URL that leads to `url` through the gateway.
    pub(crate) fn through(&self, url: &str) -> String {
        match url.strip_prefix("https://") {
            Some(rest) => format!("http://{}/https/{rest}", self.address),
            None => url.to_owned(),
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Where a request goes: as a proxy is told, or as [`Gateway::through`] wrote it.
fn destination(uri: &Uri) -> Option<String> {
    if uri.scheme().is_some() {
        return Some(uri.to_string());
    }
    let rest = uri.path_and_query()?.as_str().strip_prefix("/https/")?;
    Some(format!("https://{rest}"))
}

async fn pass(
    recording: &Recording,
    http: &reqwest::Client,
    request: Request<Incoming>,
) -> Result<Response<Body>, std::io::Error> {
    let Some(url) = destination(request.uri()) else {
        return Ok(refuse("the gateway passes requests of the SDK on, and nothing else"));
    };
    let method = request.method().clone();
    let mut headers = request.headers().clone();
    let body = request.into_body().collect().await.map_err(std::io::Error::other)?.to_bytes();
    let pending = recording.request(Party::Sdk, method.as_str(), &url, &headers, &body);
    remove_connection_headers(&mut headers);
    headers.remove(HOST);
    match http.request(method, &url).headers(headers).body(body).send().await {
        Ok(answer) => Ok(hand_back(answer, pending)),
        Err(error) => {
            let error = error.without_url();
            pending.broke(error.to_string());
            // The SDK must see what the gateway saw: no answer.
            Err(std::io::Error::other(error))
        }
    }
}

fn hand_back(answer: reqwest::Response, pending: Pending) -> Response<Body> {
    let status = answer.status();
    let mut headers = answer.headers().clone();
    pending.answer(status.as_u16(), &headers);
    remove_connection_headers(&mut headers);
    let pieces = answer.bytes_stream().inspect(move |piece| match piece {
        Ok(bytes) => pending.piece(bytes),
        Err(error) => pending.broke(error.to_string()),
    });
    let body = StreamBody::new(pieces.map_ok(Frame::data).map_err(std::io::Error::other));
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn remove_connection_headers(headers: &mut HeaderMap<HeaderValue>) {
    for name in &OF_THE_CONNECTION {
        headers.remove(name);
    }
}

fn refuse(why: &'static str) -> Response<Body> {
    let body = Full::new(Bytes::from_static(why.as_bytes())).map_err(|never: Infallible| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_passes_is_recorded_and_everything_else_refused() {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let recording = Recording::start();
        let gateway = Gateway::start(recording.clone(), http.clone()).await.unwrap();

        let stranger = http.get(format!("{}/anything", gateway.proxy_url())).send().await.unwrap();
        assert_eq!(stranger.status(), 502);
        assert_eq!(recording.len(), 0);

        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let proxied = reqwest::Client::builder()
            .proxy(reqwest::Proxy::http(gateway.proxy_url()).unwrap())
            .build()
            .unwrap();
        assert!(
            proxied.get(format!("http://{closed}/a?b=c")).send().await.is_err(),
            "no answer is no answer"
        );
        let recorded = recording.since(0);
        assert_eq!(recorded[0].url, format!("http://{closed}/a?b=c"));
        assert!(recorded[0].status.is_none() && recorded[0].broken.is_some());
    }

    #[tokio::test]
    async fn an_https_server_is_reached_by_a_base_url_of_the_gateway() {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let gateway = Gateway::start(Recording::start(), http).await.unwrap();
        let through = gateway.through("https://api.example/v1.7/");
        assert_eq!(through, format!("{}/https/api.example/v1.7/", gateway.proxy_url()));
        let path = through.strip_prefix(&gateway.proxy_url()).unwrap();
        let uri: Uri = format!("{path}oauth/token?a=b").parse().unwrap();
        assert_eq!(destination(&uri).as_deref(), Some("https://api.example/v1.7/oauth/token?a=b"));
        assert_eq!(gateway.through("http://127.0.0.1:1/v1.7/"), "http://127.0.0.1:1/v1.7/");
    }
}

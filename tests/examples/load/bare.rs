//! A server of nothing but one answer, made of hyper alone: what HTTP itself costs.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use crate::Fallible;

/// Reads the answer from its input, a header a line, an empty line, the body in one line; then serves it.
pub(crate) fn serve() -> Fallible<()> {
    let mut headers = Vec::new();
    let mut lines = std::io::stdin().lines();
    while let Some(line) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").ok_or("no header")?;
        headers.push((name.parse::<HeaderName>()?, value.parse::<HeaderValue>()?));
    }
    let body = Bytes::from(lines.next().ok_or("no body")??);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("http://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let (headers, body) = (headers.clone(), body.clone());
            let service = service_fn(move |_| {
                let mut response = Response::new(Full::new(body.clone()));
                response.headers_mut().extend(headers.iter().cloned());
                std::future::ready(Ok::<_, Infallible>(response))
            });
            tokio::spawn(async move {
                let mut rules = http1::Builder::new();
                rules.timer(TokioTimer::new());
                let _ = rules.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    })
}

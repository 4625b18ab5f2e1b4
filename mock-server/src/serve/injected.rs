//! What an injected fault does to the body of an answer.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::HeaderValue;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;

use crate::faults::Fault;

/// How long what comes before a cut has to leave: a stream of HTTP/2 that is reset loses what still waits.
const BEFORE_CUT: Duration = Duration::from_millis(20);

/// Damages the body of an answer.
pub(super) async fn damage(response: Response, fault: &Fault) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = body.collect().await else { return Response::from_parts(parts, Body::empty()) };
    let mut whole = whole.to_bytes().to_vec();
    if let Some(first) = whole.first_mut().filter(|_| fault.corrupt) {
        *first = !*first;
    }
    // A length that the answer had before is not true any more.
    parts.headers.remove(CONTENT_LENGTH);
    let half = whole.len() / 2;
    if fault.truncate {
        whole.truncate(half);
    }
    if !fault.disconnect {
        parts.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(parts, Body::from(whole));
    }
    // The head promises the whole body, so that the client can tell that the rest is missing.
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(whole.len()));
    whole.truncate(half);
    let cut = stream::once(async {
        tokio::time::sleep(BEFORE_CUT).await;
        Err(std::io::Error::other("an injected disconnect"))
    });
    let half = stream::iter([Ok(Bytes::from(whole))]);
    Response::from_parts(parts, Body::from_stream(half.chain(cut)))
}

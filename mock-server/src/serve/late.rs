//! The answer to a client that did not send the head of its request in time.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName};
use http::{HeaderValue, StatusCode};
use tokio::io::AsyncWrite;

use crate::clock::Moment;
use crate::domain::refusal::Refusal;
use crate::http::reply::{Reply, ReplyBody};

/// What nobody can be asked about: the request reached no sandbox.
const REFERENCE: &str = "none";

/// Tells a client that its head did not come within `limit`, and ends the connection.
pub(super) async fn tell(mut stream: impl AsyncWrite + Unpin, limit: Duration) -> io::Result<()> {
    let answer = answer(limit);
    // It fits into the empty buffer of a connection.
    poll_fn(|context| Pin::new(&mut stream).poll_write(context, answer.as_bytes())).await?;
    poll_fn(|context| Pin::new(&mut stream).poll_flush(context)).await?;
    poll_fn(|context| Pin::new(&mut stream).poll_shutdown(context)).await
}

fn answer(limit: Duration) -> String {
    let message = format!("The head of the request did not come within {} s", limit.as_secs());
    let refusal = Refusal::too_slow(message, "the client paused while it sent it");
    let mut reply = Reply::refusal(&refusal, REFERENCE, false);
    let body = match &reply.body {
        ReplyBody::Json(json) => String::from_utf8_lossy(json).into_owned(),
        _ => String::new(),
    };
    reply.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    let reply = reply.header(DATE, &Moment::real().http_date());
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        value.to_str().map_or_else(|_| String::new(), |value| format!("{name}: {value}\r\n"))
    };
    let headers: String = reply.headers.iter().map(line).collect();
    format!("HTTP/1.1 {}\r\n{headers}\r\n{body}", StatusCode::REQUEST_TIMEOUT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_has_the_form_of_a_refusal() {
        let answer = answer(Duration::from_secs(30));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{head}");
        for header in
            ["x-error-code: ValidationErrors", "connection: close", "content-type: application/json"]
        {
            assert!(head.lines().any(|line| line == header), "{header} is missing: {head}");
        }
        assert!(head.contains(&format!("\r\ncontent-length: {}", body.len())), "{head}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["error"]["message"], "The head of the request did not come within 30 s");
    }
}

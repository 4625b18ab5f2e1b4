//! Bodies of requests, read within limits.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

use crate::domain::refusal::{Refusal, RefusalCode};
use crate::payload::arriving::Room;

/// How much of a refused body is still taken in, in bytes, so that a client that sends before it
/// reads gets to read why it was refused.
const MOST_DISCARDED: usize = 1024 * 1024 * 1024;

/// How long a client may pause while it sends what its head rules out.
const SHORT_PAUSE: Duration = Duration::from_millis(300);

/// How long a client may pause while it sends what is refused already.
const PAUSE: Duration = Duration::from_secs(5);

/// How long a client may pause while it sends, and what it has for a body that is read whole.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Why a body is refused by what its head says of it: it is larger than `limit`, or encoded, which no
/// official client does and the platform does not promise to understand.
pub(crate) fn unsuitable(headers: &HeaderMap, declared: u64, limit: u64) -> Option<Refusal> {
    if declared > limit {
        let message = format!("The body is larger than {limit} bytes: {declared} are announced");
        return Some(Refusal::too_large(message, "raise the limit if that is on purpose"));
    }
    let encodings = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut encodings = encodings.flat_map(|value| value.split(',')).map(str::trim);
    let unknown = encodings.find(|it| !it.is_empty() && !it.eq_ignore_ascii_case("identity"))?;
    let message = format!("The body has the Content-Encoding {unknown}, which is not understood");
    let detail = "send the body as it is, without Content-Encoding";
    Some(Refusal::new(415, RefusalCode::ValidationErrors, message, detail))
}

/// Reads a whole body of at most `limit` bytes, for which `room` has what it takes. What came before a problem is gone.
pub(crate) async fn read(mut body: Body, limit: usize, room: &mut Room) -> (Bytes, Option<Refusal>) {
    if body.is_end_stream() {
        return (Bytes::new(), None);
    }
    let refusal = match tokio::time::timeout(LONGEST_PAUSE, collect(&mut body, limit, room)).await {
        Ok(Ok(whole)) => return (whole, None),
        Ok(Err(refusal)) => refusal,
        Err(_) => paused(),
    };
    // What was read of it is gone, and others need not wait for its room until the rest has come.
    *room = Room::default();
    if !is_paused(&refusal) {
        discard(body).await;
    }
    (Bytes::new(), Some(refusal))
}

async fn collect(body: &mut Body, limit: usize, room: &mut Room) -> Result<Bytes, Refusal> {
    let mut whole = BytesMut::new();
    while let Some(data) = next(body).await? {
        let length = whole.len() + data.len();
        if length > limit {
            let message = format!("The body is larger than {limit} bytes");
            return Err(Refusal::too_large(message, "raise it with --body-limit if that is on purpose"));
        }
        if !room.has(length) {
            let message = "There is no room for a body of this size just now";
            return Err(Refusal::no_room(
                message,
                "many clients are sending large bodies and have not ended",
            ));
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

/// The next piece of a body; `None` at its end.
///
/// # Errors
/// `ValidationErrors` if the client does not send it properly, or pauses for too long.
pub(crate) async fn next(body: &mut Body) -> Result<Option<Bytes>, Refusal> {
    let unread = |problem: &dyn std::fmt::Display| {
        Refusal::validation(format!("the body could not be read: {problem}"))
    };
    while let Some(frame) = tokio::time::timeout(LONGEST_PAUSE, body.frame()).await.map_err(|_| paused())? {
        let frame = frame.map_err(|error| unread(&error))?;
        // Trailers are of no interest.
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

fn paused() -> Refusal {
    let seconds = LONGEST_PAUSE.as_secs();
    Refusal::too_slow(
        format!("The body did not come within {seconds} s"),
        "the client paused while it sent it",
    )
}

/// Whether the client is no longer waited for, so that nothing more is taken in.
pub(crate) fn is_paused(refusal: &Refusal) -> bool {
    refusal.status == 408
}

/// Takes in a body that its head rules out, as long as it arrives without a pause: a client that sends
/// before it reads would lose the answer with the connection. Whether all of it came.
pub(crate) async fn discard_at_once(mut body: Body, declared: u64) -> bool {
    if declared > MOST_DISCARDED as u64 {
        return false;
    }
    loop {
        match tokio::time::timeout(SHORT_PAUSE, next(&mut body)).await {
            Ok(Ok(Some(_))) => {}
            Ok(Ok(None)) => return true,
            Ok(Err(_)) | Err(_) => return false,
        }
    }
}

/// Takes in what is left of a refused body.
pub(crate) async fn discard(mut body: Body) {
    let mut discarded = 0;
    while let Ok(Ok(Some(data))) = tokio::time::timeout(PAUSE, next(&mut body)).await {
        discarded += data.len();
        if discarded > MOST_DISCARDED {
            return;
        }
    }
}

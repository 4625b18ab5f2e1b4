//! Requests that may be repeated as they are, because their answer was none that the client can use.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use http::header::CONTENT_LENGTH;
use http::{Method, StatusCode};

use crate::domain::nonce::NonceKey;
use crate::faults::Fault;
use crate::faults::hostile::Hostile;
use crate::fingerprint::Fingerprint;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::sandbox::Sandbox;

/// A request that was signed, by its nonce.
pub(super) struct Repetition {
    sandbox: Arc<Sandbox>,
    key: NonceKey,
    request: Fingerprint,
}

impl Repetition {
    /// Lets the request be repeated if its answer says so. Otherwise gives what is still to be watched:
    /// an answer that is sent in pieces may break off.
    pub(super) async fn judge(call: &Call, reply: &Reply, fault: Option<&Fault>) -> Option<Self> {
        let key = call.nonce?;
        let breaks_off = |fault: &Fault| fault.disconnect || fault.hostile == Some(Hostile::OversizeBody);
        let unusable = is_temporary(reply.status) || fault.is_some_and(breaks_off);
        if !unusable && (call.method == Method::HEAD || !reply.body.is_sent_in_pieces()) {
            return None;
        }
        let repetition = Self { sandbox: Arc::clone(&call.sandbox), key, request: call.sent().fingerprint() };
        if unusable {
            repetition.allow().await;
            return None;
        }
        Some(repetition)
    }

    async fn allow(&self) {
        if let Err(error) = self.sandbox.store.allow_repetition(self.key, self.request).await {
            tracing::warn!("a request may not be repeated that should be: {error}");
        }
    }

    /// Lets the request be repeated if the body breaks off.
    pub(super) fn watch(self, response: Response) -> Response {
        let (parts, body) = response.into_parts();
        let announced =
            parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let watched = Watched { left: announced, repetition: Some(self) };
        let pieces = stream::unfold((body.into_data_stream(), watched), async |(mut body, mut watched)| {
            let piece = body.next().await;
            match &piece {
                Some(Ok(piece)) => watched.sent(piece.len() as u64),
                Some(Err(_)) => {}
                None => watched.repetition = None,
            }
            Some((piece?, (body, watched)))
        });
        Response::from_parts(parts, Body::from_stream(pieces))
    }
}

/// Statuses that clients answer by sending the same request again.
fn is_temporary(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::TOO_MANY_REQUESTS
    ) || status.is_server_error()
}

/// An answer on its way; dropped before its end, it broke off.
struct Watched {
    left: Option<u64>,
    repetition: Option<Repetition>,
}

impl Watched {
    /// The connection asks for no end after the last announced byte.
    fn sent(&mut self, bytes: u64) {
        self.left = self.left.map(|left| left.saturating_sub(bytes));
        if self.left == Some(0) {
            self.repetition = None;
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let (Some(repetition), Ok(runtime)) = (self.repetition.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        runtime.spawn(async move { repetition.allow().await });
    }
}

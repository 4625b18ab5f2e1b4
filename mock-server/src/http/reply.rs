//! What a handler answers, before it becomes an HTTP response.

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use sync_wrapper::SyncWrapper;

use crate::domain::lifeline::Lifeline;
use crate::domain::refusal::Refusal;
use crate::payload::container::ContainerError;
use crate::payload::container_cache::Container;
use crate::payload::content::{Content, PIECE};
use crate::payload::envelope::Envelope;
use crate::sandbox::transfer::StateExport;
use crate::state_file::MEDIA_TYPE;

/// What a handler comes to.
pub(crate) type Outcome = Result<Reply, Refusal>;

/// What a handler answers.
pub(crate) struct Reply {
    /// Status.
    pub status: StatusCode,
    /// Headers besides the content type.
    pub headers: HeaderMap,
    /// Body.
    pub body: ReplyBody,
}

/// The body of an answer.
pub(crate) enum ReplyBody {
    /// Nothing.
    Empty,
    /// JSON, as it is sent.
    Json(Bytes),
    /// A page.
    Html(String),
    /// Text: XML, or figures.
    Text {
        /// Its media type.
        mimetype: &'static str,
        /// The text.
        text: String,
    },
    /// A picture, a style sheet or a script.
    Image {
        /// Its media type.
        mimetype: &'static str,
        /// Its bytes.
        bytes: Bytes,
    },
    /// A file of a storage.
    Stored(Content),
    /// A file container, cut off if the lifeline is cut.
    Container(Container, Lifeline),
    /// A file container in JSON, cut off if the lifeline is cut.
    Envelope(Box<Envelope>, Lifeline),
    /// All of a sandbox.
    State(SyncWrapper<Box<StateExport>>),
    /// Server-sent events, for as long as there are any.
    Events(SyncWrapper<BoxStream<'static, Bytes>>),
}

impl ReplyBody {
    /// Its media type.
    pub(crate) fn content_type(&self) -> Option<&'static str> {
        match self {
            Self::Empty => None,
            Self::Json(_) | Self::Envelope(..) => Some("application/json"),
            Self::Html(_) => Some("text/html; charset=utf-8"),
            Self::Image { mimetype, .. } | Self::Text { mimetype, .. } => Some(mimetype),
            Self::Stored(_) | Self::Container(..) => Some("application/octet-stream"),
            Self::State(_) => Some(MEDIA_TYPE),
            Self::Events(_) => Some("text/event-stream"),
        }
    }

    /// Its length in bytes, of a body that is sent in pieces.
    fn content_length(&self) -> Option<u64> {
        match self {
            Self::Stored(content) => Some(content.len()),
            Self::Container(container, _) => container.length(),
            Self::Envelope(envelope, _) => envelope.length(),
            _ => None,
        }
    }

    /// Whether it may break off while it is sent.
    pub(crate) fn is_sent_in_pieces(&self) -> bool {
        matches!(
            self,
            Self::Stored(_) | Self::Container(..) | Self::Envelope(..) | Self::State(_) | Self::Events(_)
        )
    }

    fn into_body(self) -> Body {
        match self {
            Self::Empty => Body::empty(),
            Self::Json(json) => Body::from(json),
            Self::Html(html) => Body::from(html),
            Self::Text { text, .. } => Body::from(text),
            Self::Image { bytes, .. } => Body::from(bytes),
            Self::Stored(content) => stored(content),
            Self::Container(mut container, lifeline) => pieces(lifeline, move || container.next_piece()),
            Self::Envelope(mut envelope, lifeline) => pieces(lifeline, move || envelope.next_piece()),
            Self::Events(events) => {
                Body::from_stream(events.into_inner().map(Ok::<_, std::convert::Infallible>))
            }
            Self::State(export) => {
                Body::from_stream(stream::try_unfold(export.into_inner(), async |mut export| {
                    Ok::<_, std::io::Error>(export.next().await?.map(|portion| (portion, export)))
                }))
            }
        }
    }
}

/// 200 with a value as JSON.
pub(crate) fn reply_json<T: Serialize + ?Sized>(value: &T) -> Outcome {
    reply_json_as(StatusCode::OK, value)
}

/// A status with a value as JSON.
pub(crate) fn reply_json_as<T: Serialize + ?Sized>(status: StatusCode, value: &T) -> Outcome {
    let json = serde_json::to_vec(value).map_err(unwritable)?;
    Ok(Reply::new(status, ReplyBody::Json(json.into())))
}

/// An answer that cannot be written is a defect of the server.
pub(crate) fn unwritable(error: serde_json::Error) -> Refusal {
    Refusal::defect("The answer could not be written", &error)
}

impl Reply {
    /// An answer without headers.
    pub(crate) fn new(status: StatusCode, body: ReplyBody) -> Self {
        Self { status, headers: HeaderMap::new(), body }
    }

    /// 200 with JSON.
    pub(crate) fn json(value: &Value) -> Self {
        Self::new(StatusCode::OK, ReplyBody::Json(value.to_string().into()))
    }

    /// A page. Pages carry codes in their address and must not be kept or framed.
    pub(crate) fn html(status: StatusCode, html: String) -> Self {
        Self::new(status, ReplyBody::Html(html))
            .header(CACHE_CONTROL, "no-store")
            .header(http::header::REFERRER_POLICY, "no-referrer")
            .header(http::header::X_FRAME_OPTIONS, "DENY")
            .header(
                http::header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'",
            )
    }

    /// A redirect of the browser.
    pub(crate) fn redirect(location: &str) -> Self {
        Self::new(StatusCode::FOUND, ReplyBody::Empty)
            .header(CACHE_CONTROL, "no-store")
            .header(LOCATION, location)
    }

    /// A refusal in the body and in the headers: some clients read only the one, some only the
    /// other. The cloud host's body has a form of its own (protocol reference, errors §1).
    pub(crate) fn refusal(refusal: &Refusal, reference: &str, from_cloud: bool) -> Self {
        let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
        let error = match from_cloud {
            true => json!({ "error": refusal.code.as_str(), "message": refusal.message }),
            false => json!({
                "error": { "code": refusal.code.as_str(), "message": refusal.message, "reference": reference },
            }),
        };
        let reply = Self::new(status, ReplyBody::Json(error.to_string().into()));
        let reply = match refusal.retry_after {
            Some(after) => reply.header(RETRY_AFTER, &after.as_secs().to_string()),
            None => reply,
        };
        reply
            .header(HeaderName::from_static("x-error-code"), &header_text(refusal.code.as_str()))
            .header(HeaderName::from_static("x-error-message"), &header_text(&refusal.message))
            .header(HeaderName::from_static("x-error-reference"), reference)
    }

    /// Adds a header; a value that no header can hold is left out.
    #[must_use]
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// The HTTP response.
    pub(crate) fn into_response(mut self) -> Response<Body> {
        let content_type = self.body.content_type();
        if let Some(length) = self.body.content_length() {
            self.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        let body = self.body.into_body();
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if let Some(content_type) = content_type {
            response.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type));
        }
        response
    }
}

/// The body of a storage's file.
fn stored(content: Content) -> Body {
    Body::from_stream(stream::try_unfold((content, 0), async |(content, position)| {
        let piece = Bytes::copy_from_slice(&content.piece(position, PIECE)?);
        let next = position + piece.len() as u64;
        Ok::<_, std::io::Error>((!piece.is_empty()).then_some((piece, (content, next))))
    }))
}

/// The body of a download. Cutting its lifeline closes the connection, so that the client can tell
/// that the rest is missing.
fn pieces(
    lifeline: Lifeline,
    next: impl FnMut() -> Result<Option<Bytes>, ContainerError> + Send + 'static,
) -> Body {
    Body::from_stream(stream::try_unfold(next, move |mut next| {
        let lifeline = lifeline.clone();
        async move {
            // A large file is many pieces of work; others get their turn in between.
            tokio::task::yield_now().await;
            if lifeline.is_cut() {
                return Err(std::io::Error::other("the file was deleted while it was sent"));
            }
            Ok(next().map_err(std::io::Error::other)?.map(|piece| (piece, next)))
        }
    }))
}

/// The longest text of a header: clients give up on answers whose headers are longer than 8 to 64 KiB together.
const LONGEST_HEADER_TEXT: usize = 1024;

/// Header values are visible ASCII; anything else, which a client put there, becomes `?`. The body has what
/// is left out of a long one.
fn header_text(text: &str) -> String {
    let visible = |c| if matches!(c, ' '..='~') { c } else { '?' };
    let mut shown: String = text.chars().take(LONGEST_HEADER_TEXT).map(visible).collect();
    if text.chars().nth(LONGEST_HEADER_TEXT).is_some() {
        shown.push_str("...");
    }
    shown
}

//! What a handler answers, before it becomes an HTTP response.

use std::convert::Infallible;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::container::ContainerWriter;
use crate::domain::refusal::Refusal;
use crate::domain::storage_content::StorageContent;

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
    /// JSON.
    Json(Value),
    /// A page.
    Html(String),
    /// A picture.
    Image {
        /// Its media type.
        mimetype: &'static str,
        /// Its bytes.
        bytes: Bytes,
    },
    /// A file of a storage.
    Stored(StorageContent),
    /// A whole file container.
    Container(Bytes),
    /// A file container that is made while it is sent.
    ContainerStream(Box<ContainerWriter>),
}

impl ReplyBody {
    /// Its media type.
    pub(crate) fn content_type(&self) -> Option<&'static str> {
        match self {
            Self::Empty => None,
            Self::Json(_) => Some("application/json"),
            Self::Html(_) => Some("text/html; charset=utf-8"),
            Self::Image { mimetype, .. } => Some(mimetype),
            Self::Stored(_) | Self::Container(_) | Self::ContainerStream(_) => {
                Some("application/octet-stream")
            }
        }
    }

    fn into_body(self) -> Body {
        match self {
            Self::Empty => Body::empty(),
            Self::Json(value) => Body::from(value.to_string()),
            Self::Html(html) => Body::from(html),
            Self::Image { bytes, .. } | Self::Container(bytes) => Body::from(bytes),
            Self::Stored(content) => {
                let pieces = (0..).map_while(move |number| content.piece(number));
                Body::from_stream(stream::iter(pieces.map(Ok::<_, Infallible>)))
            }
            Self::ContainerStream(writer) => {
                Body::from_stream(stream::try_unfold(writer, async |mut writer| {
                    // A large file is many pieces of work; others get their turn in between.
                    tokio::task::yield_now().await;
                    let piece = writer.next_piece()?;
                    Ok::<_, crate::container::ContainerError>(piece.map(|piece| (piece, writer)))
                }))
            }
        }
    }
}

impl Reply {
    /// An answer without headers.
    pub(crate) fn new(status: StatusCode, body: ReplyBody) -> Self {
        Self { status, headers: HeaderMap::new(), body }
    }

    /// 200 with JSON.
    pub(crate) fn json(value: Value) -> Self {
        Self::new(StatusCode::OK, ReplyBody::Json(value))
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
            true => json!({ "error": refusal.code, "message": refusal.message }),
            false => json!({
                "error": { "code": refusal.code, "message": refusal.message, "reference": reference },
            }),
        };
        Self::new(status, ReplyBody::Json(error))
            .header(HeaderName::from_static("x-error-code"), &header_text(&refusal.code))
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
    pub(crate) fn into_response(self) -> Response<Body> {
        let content_type = self.body.content_type();
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

/// Header values are visible ASCII; anything else, which a client put there, becomes `?`.
fn header_text(text: &str) -> String {
    text.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect()
}

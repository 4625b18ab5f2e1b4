//! A `multipart/form-data` body of one part called `file`
//! (protocol reference, legacy/endpoints §9).

use std::io;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::{StreamExt, stream};

use crate::crypto::random;
use crate::error::{Error, Result};
use crate::http::content::Content;

/// What surrounds the file.
pub(crate) struct Part {
    boundary: String,
    head: String,
    tail: String,
}

impl Part {
    pub(crate) fn new(file_name: &str, mime_type: &str) -> Result<Self> {
        if file_name.is_empty() || file_name.chars().any(char::is_control) {
            return Err(Error::config("file name", "must not be empty or have control characters"));
        }
        // As browsers write it (HTML, multipart form data).
        let file_name = file_name.replace('"', "%22");
        let boundary = format!("----digime{}", random::alphanumeric(32)?);
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\
             Content-Type: {mime_type}\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        Ok(Self { boundary, head, tail })
    }

    pub(crate) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// Size of the body around a file of so many bytes.
    pub(crate) fn length(&self, file: usize) -> usize {
        self.head.len().saturating_add(file).saturating_add(self.tail.len())
    }

    /// The whole body.
    pub(crate) fn around(self, file: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Content {
        let whole = |text: String| stream::iter([Ok(Bytes::from(text))]);
        Content::stream(whole(self.head).chain(file).chain(whole(self.tail)))
    }
}

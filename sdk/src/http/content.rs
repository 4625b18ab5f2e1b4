//! What an upload sends, wherever it comes from.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use crate::crypto::sealing::Pieces;
use crate::error::{Error, ErrorKind, Result};

/// Pieces a body is sent in, in bytes.
const PIECE: usize = 64 * 1024;

/// The content of an upload. It is sent piece by piece, so that a file of any
/// size needs constant memory.
///
/// Bytes and files can be sent a second time, should the platform refuse the
/// access token of the first attempt; readers and streams cannot.
///
/// ```
/// use digime::Content;
///
/// let bytes = Content::from("[1, 2, 3]");
/// let file = Content::file("/var/data/scan.pdf");
/// let reader = Content::reader(tokio::io::empty());
/// assert!(bytes.is_repeatable() && file.is_repeatable() && !reader.is_repeatable());
/// ```
pub struct Content(Origin);

enum Origin {
    Bytes(Bytes),
    File(PathBuf),
    Once(Mutex<Option<Pieces>>),
}

impl Content {
    /// Bytes in memory; also through `From`.
    #[must_use]
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self(Origin::Bytes(bytes.into()))
    }

    /// A file, opened when it is sent.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Origin::File(path.into()))
    }

    /// Whatever a reader delivers.
    #[must_use]
    pub fn reader(reader: impl AsyncRead + Send + 'static) -> Self {
        Self::once(ReaderStream::with_capacity(reader, PIECE))
    }

    /// Whatever a stream delivers.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use digime::Content;
    ///
    /// let pieces = futures_util::stream::iter([Ok(Bytes::from("a")), Ok(Bytes::from("b"))]);
    /// let content = Content::stream(pieces);
    /// ```
    #[must_use]
    pub fn stream(stream: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Self {
        Self::once(stream)
    }

    fn once(stream: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Self {
        Self(Origin::Once(Mutex::new(Some(stream.boxed()))))
    }

    /// Whether the content can be sent a second time.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        !matches!(self.0, Origin::Once(_))
    }

    /// Its size in bytes, if that is known before it is sent.
    #[cfg(feature = "legacy")]
    pub(crate) fn length(&self) -> Option<usize> {
        match &self.0 {
            Origin::Bytes(bytes) => Some(bytes.len()),
            Origin::File(_) | Origin::Once(_) => None,
        }
    }

    /// The content from its start, in pieces of at most 64 KiB.
    pub(crate) async fn open(&self) -> Result<Pieces> {
        let pieces = match &self.0 {
            Origin::Bytes(bytes) => stream::iter([Ok(bytes.clone())]).boxed(),
            Origin::File(path) => {
                let file = tokio::fs::File::open(path).await.map_err(|error| unreadable(&error))?;
                ReaderStream::with_capacity(file, PIECE).boxed()
            }
            Origin::Once(stream) => {
                let taken = stream.lock().unwrap_or_else(PoisonError::into_inner).take();
                taken.ok_or_else(|| Error::new(ErrorKind::Body, "the body was already sent"))?
            }
        };
        Ok(pieces.map_ok(small_pieces).try_flatten().map_err(BodyError::wrap).boxed())
    }
}

/// A caller's stream may deliver gigabytes at once.
fn small_pieces(mut bytes: Bytes) -> impl Stream<Item = io::Result<Bytes>> {
    stream::iter(std::iter::from_fn(move || {
        let length = bytes.len().min(PIECE);
        (length > 0).then(|| Ok(bytes.split_to(length)))
    }))
}

/// Marks failures of the caller's own stream among those of the network.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct BodyError(#[source] io::Error);

impl BodyError {
    fn wrap(error: io::Error) -> io::Error {
        io::Error::new(error.kind(), Self(error))
    }
}

/// The failure as one of the caller's stream, if that is what it is.
pub(crate) fn failure_of_body(error: &(dyn std::error::Error + 'static)) -> Option<Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        // An I/O error's `source` skips what it wraps.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(BodyError(cause)) = wrapped.and_then(|inner| inner.downcast_ref()) {
            return Some(unreadable(cause));
        }
        next = error.source();
    }
    None
}

fn unreadable(cause: &io::Error) -> Error {
    Error::new(ErrorKind::Body, format!("the body to send cannot be read: {cause}"))
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::bytes(bytes)
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::bytes(bytes)
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::bytes(text)
    }
}

impl From<&'static str> for Content {
    fn from(text: &'static str) -> Self {
        Self::bytes(text)
    }
}

impl From<&'static [u8]> for Content {
    fn from(bytes: &'static [u8]) -> Self {
        Self::bytes(bytes)
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Origin::Bytes(bytes) => write!(f, "Content({} bytes)", bytes.len()),
            Origin::File(path) => write!(f, "Content({})", path.display()),
            Origin::Once(_) => f.write_str("Content(stream)"),
        }
    }
}

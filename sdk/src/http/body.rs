//! The body of a request, made anew for every attempt.

use bytes::Bytes;
use futures_util::StreamExt;

use crate::crypto::private_key::PrivateKey;
use crate::crypto::sealing::{self, Pieces};
use crate::error::Result;
use crate::http::content::Content;

/// What a request carries.
pub(crate) enum Body {
    Empty,
    /// JSON, of known length.
    Json(Bytes),
    /// An upload, sent chunked.
    Plain(Content),
    /// An upload, encrypted for the holder of this key while it is sent.
    Sealed(Content, PrivateKey),
}

impl Body {
    /// Whether a second attempt would send the same.
    pub(crate) fn is_repeatable(&self) -> bool {
        match self {
            Self::Empty | Self::Json(_) => true,
            Self::Plain(content) | Self::Sealed(content, _) => content.is_repeatable(),
        }
    }

    /// Whether sending may take as long as a file takes.
    pub(crate) fn is_upload(&self) -> bool {
        matches!(self, Self::Plain(_) | Self::Sealed(..))
    }

    /// The pieces of an upload; JSON is no upload.
    pub(crate) async fn open(&self) -> Result<Option<Pieces>> {
        Ok(match self {
            Self::Empty | Self::Json(_) => None,
            Self::Plain(content) => Some(content.open().await?),
            Self::Sealed(content, key) => Some(sealing::seal(key, content.open().await?)?.boxed()),
        })
    }
}

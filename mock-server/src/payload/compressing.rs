//! Contents that are compressed before the first byte is sent: once for all who ask for them at the same time.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use digime_fixtures::Compression;
use tokio::sync::{OnceCell, Semaphore};

use crate::payload::compression::Compressor;
use crate::payload::content::{Content, ContentWriter, Identity};

/// How many contents are compressed at once: an encoder of Brotli has ten megabytes.
const MOST_ENCODERS: usize = 2;

static ENCODERS: Semaphore = Semaphore::const_new(MOST_ENCODERS);

/// A content and its compressed form, which is there for as long as somebody reads it.
#[derive(Debug)]
pub(crate) struct Compressed {
    /// Holds the address by which it is found.
    _content: Content,
    made: OnceCell<Content>,
}

/// By the content and the compression.
type Found = HashMap<(Identity, &'static str), Weak<Compressed>>;

/// What is compressed for the clients of one server.
#[derive(Debug, Default)]
pub(crate) struct Compressing(Mutex<Found>);

impl Compressing {
    /// The compressed form of a content, which is shared until the second value is dropped.
    ///
    /// # Errors
    /// The operating system's, if the content cannot be read or its compressed form not be kept.
    pub(crate) async fn compressed(
        &self,
        content: &Content,
        compression: Compression,
    ) -> io::Result<(Content, Arc<Compressed>)> {
        let shared = self.shared(content, compression);
        let made =
            shared.made.get_or_try_init(|| compress_aside(content.clone(), compression)).await?.clone();
        Ok((made, shared))
    }

    fn shared(&self, content: &Content, compression: Compression) -> Arc<Compressed> {
        let fresh = || Arc::new(Compressed { _content: content.clone(), made: OnceCell::new() });
        let Some(identity) = content.identity() else { return fresh() };
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.retain(|_, known| known.strong_count() > 0);
        let known = found.entry((identity, compression.as_str())).or_default();
        known.upgrade().unwrap_or_else(|| {
            let shared = fresh();
            *known = Arc::downgrade(&shared);
            shared
        })
    }
}

async fn compress_aside(content: Content, compression: Compression) -> io::Result<Content> {
    // The semaphore is never closed.
    let _encoder = ENCODERS.acquire().await.map_err(io::Error::other)?;
    let made = tokio::task::spawn_blocking(move || compress(&content, compression));
    made.await.map_err(|panicked| io::Error::other(panicked.to_string()))?
}

/// A content in a compression, on this thread.
///
/// # Errors
/// The operating system's, if the content cannot be read or its compressed form not be kept.
pub(crate) fn compress(content: &Content, compression: Compression) -> io::Result<Content> {
    if compression == Compression::None {
        return Ok(content.clone());
    }
    let (mut compressor, mut writer) = (Compressor::new(compression), ContentWriter::new());
    for plain in content.pieces() {
        writer.write(&compressor.write(&plain?)?)?;
    }
    writer.write(&compressor.finish()?)?;
    Ok(writer.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_asks_for_the_same_at_the_same_time_shares_it_and_nobody_keeps_it() {
        let compressing = Compressing::default();
        let mut writer = ContentWriter::new();
        writer.write(&vec![b'x'; 300_000]).unwrap();
        let content = writer.finish();
        let (gzip, held) = compressing.compressed(&content, Compression::Gzip).await.unwrap();
        let (again, _) = compressing.compressed(&content, Compression::Gzip).await.unwrap();
        assert!(gzip.identity().is_some() && gzip.identity() == again.identity());
        let (brotli, _) = compressing.compressed(&content, Compression::Brotli).await.unwrap();
        assert_ne!(gzip.identity(), brotli.identity());
        let known = Arc::downgrade(&held);
        drop(held);
        assert_eq!(known.strong_count(), 0);
        assert!(gzip.len() < 3000 && brotli.len() < gzip.len());
    }
}

//! From the bytes of a container to plain bytes: decrypt, decompress, count.

use bytes::Bytes;

use crate::crypto::container::Open;
use crate::download::compression::{Compression, Decompressor};
use crate::error::{Error, ErrorKind, Result};
use crate::http::failure;

/// What is decompressed in one step, in bytes.
const STEP: usize = 64 * 1024;
/// Plain bytes at which [`Opening::open`] stops for now: a bomb must neither
/// fill the memory of a stream nor keep a core for itself.
const PORTION: usize = 512 * 1024;

/// A container being opened. What it does keeps a core busy, so it is moved to
/// where that does not matter, and back.
pub(crate) struct Opening {
    container: Option<Box<dyn Open>>,
    decompressor: Decompressor,
    compressed: bool,
    /// Decrypted bytes not yet decompressed.
    decrypted: Vec<u8>,
    taken: usize,
    plain: Vec<u8>,
    limit: u64,
    produced: u64,
    more: bool,
}

impl Opening {
    /// `limit` is the size of the largest plain content, in bytes.
    pub(crate) fn new(container: Box<dyn Open>, compression: Compression, limit: u64) -> Self {
        Self {
            container: Some(container),
            decompressor: Decompressor::new(compression),
            compressed: compression != Compression::None,
            decrypted: Vec::new(),
            taken: 0,
            plain: Vec::new(),
            limit,
            produced: 0,
            more: false,
        }
    }

    /// Makes room for the content of a container of so many bytes, if it will be kept
    /// together: what is compressed will be larger, and tells its size itself.
    pub(crate) fn expect(&mut self, container: usize) {
        if !self.compressed {
            self.plain.reserve(container);
        }
    }

    /// Whether [`Opening::open`] stopped before it had opened all it was given. It
    /// must be given nothing then.
    pub(crate) fn has_more(&self) -> bool {
        self.more
    }

    /// Whether the end of the file was opened and verified.
    pub(crate) fn is_finished(&self) -> bool {
        self.container.is_none() && !self.more
    }

    /// The plain bytes that are there.
    pub(crate) fn take_plain(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.plain))
    }

    /// Opens further pieces, and the end of the container if they are the last.
    pub(crate) fn open(&mut self, pieces: &[Bytes], last: bool) -> Result<()> {
        match self.compressed {
            true => self.open_compressed(pieces, last)?,
            false => self.open_plain(pieces, last)?,
        }
        if self.is_finished() {
            self.decompressor.finish()?;
            // What is left of its growth would stay with the caller.
            self.plain.shrink_to_fit();
        }
        Ok(())
    }

    fn open_plain(&mut self, pieces: &[Bytes], last: bool) -> Result<()> {
        let before = self.plain.len();
        decrypt(&mut self.container, pieces, last, &mut self.plain)?;
        self.count(self.plain.len() - before)
    }

    fn open_compressed(&mut self, pieces: &[Bytes], last: bool) -> Result<()> {
        if !self.more {
            self.decrypted.clear();
            self.taken = 0;
        }
        decrypt(&mut self.container, pieces, last, &mut self.decrypted)?;
        match self.produced {
            0 if last => self.plain.reserve(self.announced()),
            0 => {}
            // What follows a portion is most often another one.
            _ => self.plain.reserve(PORTION + STEP),
        }
        let full = self.plain.len() + PORTION;
        self.more = true;
        while self.more && self.plain.len() < full {
            let start = self.plain.len();
            let room = self.plain.capacity() - start;
            self.plain.resize(start + if room > 0 { room.min(STEP) } else { STEP }, 0);
            let input = &self.decrypted[self.taken..];
            let step = self.decompressor.step(input, &mut self.plain[start..])?;
            self.plain.truncate(start + step.produced);
            self.taken += step.consumed;
            self.count(step.produced)?;
            self.more = step.produced > 0 || step.consumed > 0;
        }
        match self.more || self.taken == self.decrypted.len() {
            true => Ok(()),
            false => Err(Error::new(
                ErrorKind::Decompress,
                "the file could not be decompressed: its decoder is stuck",
            )),
        }
    }

    /// The size that gzip names in its last four bytes, and a little for the step that
    /// finds the end; a hint, as far as it is possible. 0 for other compressions.
    fn announced(&self) -> usize {
        /// The most that one byte of gzip becomes.
        const RATIO: usize = 1032;
        match (&self.decompressor, self.decrypted.last_chunk()) {
            (Decompressor::Gzip { .. }, Some(size)) => {
                let possible = self.decrypted.len().saturating_mul(RATIO).min(PORTION);
                usize::try_from(u32::from_le_bytes(*size)).map_or(0, |size| size.min(possible) + 64)
            }
            _ => 0,
        }
    }

    fn count(&mut self, bytes: usize) -> Result<()> {
        self.produced += bytes as u64;
        if self.produced > self.limit {
            return Err(failure::too_large("the file", self.limit));
        }
        Ok(())
    }
}

/// Decrypts pieces, appending to `out`.
fn decrypt(
    container: &mut Option<Box<dyn Open>>,
    pieces: &[Bytes],
    last: bool,
    out: &mut Vec<u8>,
) -> Result<()> {
    if let Some(container) = container {
        for piece in pieces {
            container.push(piece, out)?;
        }
    }
    match last {
        true => container.take().map_or(Ok(()), |container| container.finish(out)),
        false => Ok(()),
    }
}

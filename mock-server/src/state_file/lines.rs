//! A stream of bytes as lines.

use bytes::{Bytes, BytesMut};

use super::LONGEST_LINE;

/// What came of a stream, and is to be taken line by line.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    buffer: BytesMut,
    /// How much of it has no end of a line.
    searched: usize,
}

/// A line is longer than any that is written.
#[derive(Debug, thiserror::Error)]
#[error("a line is longer than any that is written")]
pub(crate) struct TooLong;

impl Lines {
    /// Takes in what came.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next line without its end; none if it has not come yet.
    ///
    /// # Errors
    /// [`TooLong`].
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, TooLong> {
        let end = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(end) = end.map(|end| self.searched + end) else {
            self.searched = self.buffer.len();
            return if self.searched > LONGEST_LINE { Err(TooLong) } else { Ok(None) };
        };
        self.searched = 0;
        let mut line = self.buffer.split_to(end + 1);
        line.truncate(end);
        // As a version control may have written it on Windows.
        if line.ends_with(b"\r") {
            line.truncate(end - 1);
        }
        Ok(Some(line.freeze()))
    }

    /// What came after the last end of a line.
    pub(crate) fn rest(&mut self) -> Bytes {
        self.searched = 0;
        self.buffer.split().freeze()
    }
}

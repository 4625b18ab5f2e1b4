//! The bytes of a stored file, in pieces, so that a large file is never copied as a whole.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

/// Size of every piece but the last, in bytes.
const PIECE: usize = 64 * 1024;

/// The bytes of a file; a copy shares them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorageContent {
    pieces: Arc<[Bytes]>,
    size: u64,
}

impl StorageContent {
    /// How many bytes there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The piece with this number, from 0; `None` after the last.
    pub fn piece(&self, number: usize) -> Option<Bytes> {
        self.pieces.get(number).cloned()
    }
}

/// Takes in the bytes of a file in portions of any size.
#[derive(Debug, Default)]
pub struct StorageContentWriter {
    pieces: Vec<Bytes>,
    /// Copied from the portions, which may be slices of buffers far larger than they are.
    last: BytesMut,
    size: u64,
}

impl StorageContentWriter {
    /// How many bytes came so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes in a portion.
    pub fn write(&mut self, mut portion: &[u8]) {
        self.size += portion.len() as u64;
        while !portion.is_empty() {
            let (now, later) = portion.split_at(portion.len().min(PIECE - self.last.len()));
            self.last.extend_from_slice(now);
            portion = later;
            if self.last.len() == PIECE {
                self.pieces.push(self.last.split().freeze());
            }
        }
    }

    /// The whole.
    pub fn finish(mut self) -> StorageContent {
        if !self.last.is_empty() {
            self.pieces.push(self.last.freeze());
        }
        StorageContent { pieces: self.pieces.into(), size: self.size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn portions_of_any_size_come_back_as_they_were(
            portions in prop::collection::vec((any::<u8>(), 0_usize..150_000), 0..6),
        ) {
            let mut writer = StorageContentWriter::default();
            let mut expected = Vec::new();
            for (byte, length) in portions {
                let portion = vec![byte; length];
                writer.write(&portion);
                expected.extend(portion);
            }
            let content = writer.finish();
            prop_assert_eq!(content.size(), expected.len() as u64);
            let pieces: Vec<_> = (0..).map_while(|number| content.piece(number)).collect();
            prop_assert!(pieces.iter().rev().skip(1).all(|piece| piece.len() == PIECE));
            prop_assert_eq!(pieces.concat(), expected);
        }
    }
}

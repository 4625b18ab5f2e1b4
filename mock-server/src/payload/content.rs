//! The bytes of a file, wherever they are: small ones in memory, large ones in a temporary file
//! that has no name and goes when nobody holds it any more.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tempfile::{SpooledData, SpooledTempFile};

use crate::open_files::ContentPlace;
use crate::payload::arriving::Room;

/// Above this size, content that arrives goes to a temporary file.
pub(crate) const LARGEST_IN_MEMORY: usize = 64 * 1024;

/// How much of a content is read at once, in bytes.
pub(crate) const PIECE: usize = 64 * 1024;

/// The bytes of a file; a clone shares them.
#[derive(Clone, Debug)]
pub(crate) struct Content(Place);

#[derive(Clone, Debug)]
enum Place {
    Memory(Arc<[u8]>),
    Disk {
        file: Arc<OnDisk>,
        length: u64,
        /// Of one that was fetched from outside the rows of a database: what it is kept under.
        kept: Option<Arc<str>>,
    },
    /// Outside the rows of a database.
    Kept {
        id: Arc<str>,
        length: u64,
    },
    /// Beside the row that names it, in a file of rows.
    Apart(Apart),
}

/// What tells a content from all others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Identity {
    /// Where in memory it is, or what holds its file.
    Address(usize),
    /// What it is kept under outside the rows of a database.
    Id(Arc<str>),
}

/// A file that is open.
#[derive(Debug)]
struct OnDisk {
    file: Mutex<File>,
    /// Of a temporary one, for as long as it is there.
    _place: Option<ContentPlace>,
}

/// What a file of rows has of a content, beside its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Apart {
    /// This many bytes, which follow the row.
    Follows(u64),
    /// Nothing of these many bytes.
    LeftOut(u64),
}

impl Content {
    /// Its length in bytes.
    pub(crate) fn len(&self) -> u64 {
        match &self.0 {
            Place::Memory(bytes) => bytes.len() as u64,
            Place::Disk { length, .. } | Place::Kept { length, .. } => *length,
            Place::Apart(Apart::Follows(length) | Apart::LeftOut(length)) => *length,
        }
    }

    /// Where in memory it is, which tells it from all others for as long as it is held.
    pub(crate) fn address(&self) -> Option<usize> {
        match &self.0 {
            Place::Memory(bytes) => Some(bytes.as_ptr() as usize),
            Place::Disk { .. } | Place::Kept { .. } | Place::Apart(_) => None,
        }
    }

    /// What tells it from all others for as long as it is held, if anything does.
    pub(crate) fn identity(&self) -> Option<Identity> {
        match &self.0 {
            Place::Disk { kept: Some(id), .. } | Place::Kept { id, .. } => Some(Identity::Id(Arc::clone(id))),
            Place::Disk { file, .. } => Some(Identity::Address(Arc::as_ptr(file) as usize)),
            Place::Memory(_) => self.address().map(Identity::Address),
            Place::Apart(_) => None,
        }
    }

    /// The content that is kept outside the rows of a database under this id. It must be opened to be read.
    #[cfg_attr(not(feature = "durable"), allow(dead_code))]
    pub(crate) fn kept(id: String, length: u64) -> Self {
        Self(Place::Kept { id: id.into(), length })
    }

    /// The id under which it is kept outside the rows of a database.
    pub(crate) fn id(&self) -> Option<&str> {
        match &self.0 {
            Place::Kept { id, .. } => Some(id),
            Place::Memory(_) | Place::Disk { .. } | Place::Apart(_) => None,
        }
    }

    /// This content, which was fetched from where this id stands for it.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn fetched(mut self, id: &str) -> Self {
        if let Place::Disk { kept, .. } = &mut self.0 {
            *kept = Some(id.into());
        }
        self
    }

    /// What stands for it in a file of rows.
    pub(crate) fn apart(apart: Apart) -> Self {
        Self(Place::Apart(apart))
    }

    /// What a file of rows has of it; none if it is a content itself.
    pub(crate) fn as_apart(&self) -> Option<Apart> {
        match &self.0 {
            Place::Apart(apart) => Some(*apart),
            Place::Memory(_) | Place::Disk { .. } | Place::Kept { .. } => None,
        }
    }

    /// A content of zeros, in the place of one whose bytes nobody knows. A large one takes no room on the disk.
    ///
    /// # Errors
    /// The operating system's, if there can be no such temporary file.
    pub(crate) fn zeros(length: u64) -> io::Result<Self> {
        if length <= LARGEST_IN_MEMORY as u64 {
            return Ok(Self::from(vec![0; usize::try_from(length).unwrap_or_default()]));
        }
        let place = ContentPlace::take()?;
        let file = tempfile::tempfile()?;
        file.set_len(length)?;
        Ok(Self::on_disk(file, Some(place), length))
    }

    /// The content of a file.
    #[cfg_attr(not(feature = "sqlite"), allow(dead_code))]
    pub(crate) fn of_file(file: File, length: u64) -> Self {
        Self::on_disk(file, None, length)
    }

    fn on_disk(file: File, place: Option<ContentPlace>, length: u64) -> Self {
        let file = Arc::new(OnDisk { file: Mutex::new(file), _place: place });
        Self(Place::Disk { file, length, kept: None })
    }

    /// Up to `most` bytes from `position`; fewer only at the end.
    ///
    /// # Errors
    /// The operating system's, if the temporary file cannot be read.
    pub(crate) fn piece(&self, position: u64, most: usize) -> io::Result<Cow<'_, [u8]>> {
        match &self.0 {
            Place::Memory(bytes) => {
                let start = usize::try_from(position).map_or(bytes.len(), |start| start.min(bytes.len()));
                let end = start.saturating_add(most).min(bytes.len());
                Ok(Cow::Borrowed(&bytes[start..end]))
            }
            Place::Disk { file, .. } => {
                let mut file = file.file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(position))?;
                let mut piece = Vec::with_capacity(most);
                (&mut *file).take(most as u64).read_to_end(&mut piece)?;
                Ok(Cow::Owned(piece))
            }
            Place::Kept { id, .. } => Err(io::Error::other(format!("the content {id} was not opened"))),
            Place::Apart(_) => Err(io::Error::other("the content is beside its row")),
        }
    }

    /// All of it, piece by piece.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = io::Result<Cow<'_, [u8]>>> {
        let mut position = 0;
        std::iter::from_fn(move || {
            let next = || match self.piece(position, PIECE)? {
                // A file that was cut would be read for ever.
                piece if piece.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
                piece => Ok(piece),
            };
            let next = (position < self.len()).then(next)?;
            position += next.as_ref().map_or(0, |piece| piece.len() as u64);
            Some(next)
        })
    }
}

/// What rows say of a content: where it is kept, or all of it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Said {
    Base64(String),
    Kept {
        id: String,
        length: u64,
    },
    #[serde(untagged)]
    Apart(Apart),
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Place::Kept { id, length } => {
                return Said::Kept { id: id.to_string(), length: *length }.serialize(serializer);
            }
            Place::Apart(apart) => return apart.serialize(serializer),
            Place::Memory(_) | Place::Disk { .. } => {}
        }
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < self.len() {
            let piece =
                self.piece(bytes.len() as u64, LARGEST_IN_MEMORY).map_err(serde::ser::Error::custom)?;
            bytes.extend_from_slice(&piece);
        }
        Said::Base64(STANDARD.encode(bytes)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Said::deserialize(deserializer)? {
            Said::Base64(text) => STANDARD.decode(text).map(Self::from).map_err(serde::de::Error::custom),
            Said::Kept { id, length } => Ok(Self(Place::Kept { id: id.into(), length })),
            Said::Apart(apart) => Ok(Self::apart(apart)),
        }
    }
}

impl From<Arc<[u8]>> for Content {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self(Place::Memory(bytes))
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Place::Memory(bytes.into()))
    }
}

/// Takes content in as it arrives, in constant memory.
#[derive(Debug)]
pub(crate) struct ContentWriter {
    spool: SpooledTempFile,
    length: u64,
    /// What it takes of the memory that all who send have.
    room: Room,
    /// Of its temporary file, once it has one.
    place: Option<ContentPlace>,
}

impl ContentWriter {
    pub(crate) fn new() -> Self {
        Self { spool: SpooledTempFile::new(LARGEST_IN_MEMORY), length: 0, room: Room::default(), place: None }
    }

    /// How many bytes were taken in.
    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    /// Takes in some more. Writes to the page cache are short enough to be made where they are.
    ///
    /// # Errors
    /// The operating system's, if the temporary file cannot be written.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.length += bytes.len() as u64;
        if self.place.is_none() {
            let length = usize::try_from(self.length).unwrap_or(usize::MAX);
            if length > LARGEST_IN_MEMORY || !self.room.has(length) {
                self.place = Some(ContentPlace::take()?);
                self.spool.roll()?;
                self.room = Room::default();
            }
        }
        self.spool.write_all(bytes)
    }

    /// The whole content.
    pub(crate) fn finish(self) -> Content {
        Content(match self.spool.into_inner() {
            SpooledData::InMemory(bytes) => Place::Memory(bytes.into_inner().into()),
            SpooledData::OnDisk(file) => return Content::on_disk(file, self.place, self.length),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_comes_back_as_it_was_written_from_memory_and_from_disk() {
        for length in [0, 1, LARGEST_IN_MEMORY, LARGEST_IN_MEMORY + 1, 5 * LARGEST_IN_MEMORY + 7] {
            let bytes: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let mut writer = ContentWriter::new();
            for part in bytes.chunks(1000) {
                writer.write(part).unwrap();
            }
            let content = writer.finish();
            assert_eq!(content.len(), length as u64);
            assert_eq!(matches!(content.0, Place::Disk { .. }), length > LARGEST_IN_MEMORY);
            let mut read = Vec::new();
            while (read.len() as u64) < content.len() {
                let piece = content.piece(read.len() as u64, 4099).unwrap();
                assert!(!piece.is_empty());
                read.extend_from_slice(&piece);
            }
            assert!(read == bytes, "{length}");
            assert!(content.piece(content.len(), 10).unwrap().is_empty());
        }
    }
}

//! Containers that were made before: encrypting a file once per contract is enough.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use digime_fixtures::Compression;
use rsa::RsaPublicKey;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::payload::compressing::{Compressed, Compressing};
use crate::payload::container::{ContainerError, ContainerForm, ContainerWriter};
use crate::payload::content::{Content, PIECE};

/// How many bytes of containers a server keeps.
const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// Content above this size is encrypted while it is sent, and not kept.
const LARGEST_KEPT: u64 = 1024 * 1024;
/// So is content above this size that nobody else asks for: a slow client would hold all of it in memory.
const LARGEST_WHOLE: u64 = 64 * 1024;

/// How many contents are compressed by gzip at once while they are sent: an encoder has a third of a megabyte, for as long
/// as its client reads.
const MOST_STREAMING: usize = 32;

static STREAMING: Semaphore = Semaphore::const_new(MOST_STREAMING);

/// A container on its way to a client.
pub(crate) enum Container {
    /// All of it.
    Whole(Bytes),
    /// Made while it is sent.
    Stream { writer: Box<ContainerWriter>, _held: Held },
}

/// What a container that is made while it is sent holds until it was.
#[derive(Default)]
pub(crate) struct Held {
    /// One of the places for those that are compressed meanwhile.
    _place: Option<SemaphorePermit<'static>>,
    /// What was compressed before, for whoever else asks for it.
    _compressed: Option<Arc<Compressed>>,
}

impl Container {
    /// Its length in bytes, where it is known before all of it is made.
    pub(crate) fn length(&self) -> Option<u64> {
        match self {
            Self::Whole(bytes) => Some(bytes.len() as u64),
            Self::Stream { writer, .. } => writer.length(),
        }
    }

    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// As [`ContainerWriter::next_piece`].
    pub(crate) fn next_piece(&mut self) -> Result<Option<Bytes>, ContainerError> {
        match self {
            Self::Whole(rest) => {
                let piece = rest.split_to(rest.len().min(PIECE));
                Ok((!piece.is_empty()).then_some(piece))
            }
            Self::Stream { writer, .. } => writer.next_piece(),
        }
    }
}

/// The same content has the same address for as long as the cache holds it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    content: usize,
    compression: &'static str,
    form: ContainerForm,
    contract: RsaPublicKey,
}

#[derive(Default)]
struct Kept {
    containers: HashMap<Key, (Content, Bytes)>,
    order: VecDeque<Key>,
    bytes: u64,
}

/// The containers of one server, oldest out first.
#[derive(Default)]
pub(crate) struct ContainerCache {
    kept: Mutex<Kept>,
    compressing: Compressing,
}

impl ContainerCache {
    /// The container of a content that many ask for: kept, or made and kept.
    pub(crate) async fn kept(
        &self,
        content: &Content,
        compression: Compression,
        form: ContainerForm,
        contract: &RsaPublicKey,
    ) -> Result<Container, ContainerError> {
        let Some(address) = content.address() else {
            return self.fresh(content, compression, form, contract).await;
        };
        let key =
            Key { content: address, compression: compression.as_str(), form, contract: contract.clone() };
        if let Some(bytes) = self.get(&key) {
            return Ok(Container::Whole(bytes));
        }
        let container = self.made(content, compression, form, contract, LARGEST_KEPT).await?;
        if let Container::Whole(bytes) = &container {
            self.keep(key, content.clone(), bytes.clone());
        }
        Ok(container)
    }

    /// A container of its own.
    pub(crate) async fn fresh(
        &self,
        content: &Content,
        compression: Compression,
        form: ContainerForm,
        contract: &RsaPublicKey,
    ) -> Result<Container, ContainerError> {
        self.made(content, compression, form, contract, LARGEST_WHOLE).await
    }

    /// The container of a content, all of it unless the content is larger than that.
    async fn made(
        &self,
        content: &Content,
        compression: Compression,
        form: ContainerForm,
        contract: &RsaPublicKey,
        largest_whole: u64,
    ) -> Result<Container, ContainerError> {
        if content.len() <= largest_whole {
            let (content, contract) = (content.clone(), contract.clone());
            let make = move || ContainerWriter::new(content, compression, form, &contract)?.into_bytes();
            return Ok(Container::Whole(aside(make).await?));
        }
        let place = match (compression, form) {
            (Compression::Gzip, ContainerForm::Plain) => STREAMING.try_acquire().ok(),
            _ => None,
        };
        let (content, compression, held) = match compression == Compression::None || place.is_some() {
            true => (content.clone(), compression, Held { _place: place, ..Held::default() }),
            false => {
                let (made, shared) = self.compressing.compressed(content, compression).await?;
                (made, Compression::None, Held { _compressed: Some(shared), ..Held::default() })
            }
        };
        let contract = contract.clone();
        let writer = aside(move || ContainerWriter::new(content, compression, form, &contract)).await?;
        Ok(Container::Stream { writer: Box::new(writer), _held: held })
    }

    fn get(&self, key: &Key) -> Option<Bytes> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.containers.get(key).map(|(_, bytes)| bytes.clone())
    }

    fn keep(&self, key: Key, content: Content, bytes: Bytes) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += bytes.len() as u64 + content.len();
        if let Some((content, bytes)) = kept.containers.insert(key.clone(), (content, bytes)) {
            kept.bytes -= bytes.len() as u64 + content.len();
        } else {
            kept.order.push_back(key);
        }
        while kept.bytes > MOST_BYTES {
            let Some(oldest) = kept.order.pop_front() else { break };
            if let Some((content, bytes)) = kept.containers.remove(&oldest) {
                kept.bytes -= bytes.len() as u64 + content.len();
            }
        }
    }
}

/// On a thread that may take its time, so that other clients are answered meanwhile.
async fn aside<T: Send + 'static>(
    make: impl FnOnce() -> Result<T, ContainerError> + Send + 'static,
) -> Result<T, ContainerError> {
    let made = tokio::task::spawn_blocking(make).await;
    made.map_err(|panicked| std::io::Error::other(panicked.to_string()))?
}

impl std::fmt::Debug for ContainerCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContainerCache")
    }
}

//! Containers that were made before: encrypting a file once per contract is enough.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use digime_fixtures::Compression;
use rsa::RsaPublicKey;

use crate::container::{ContainerError, ContainerWriter};
use crate::reply::ReplyBody;

/// How many bytes of containers a server keeps.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Content above this size is encrypted while it is sent, and not kept.
const LARGEST_KEPT: usize = 1024 * 1024;

/// The same content has the same address for as long as the cache holds it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    content: usize,
    compression: &'static str,
    contract: RsaPublicKey,
}

#[derive(Default)]
struct Kept {
    containers: HashMap<Key, (Arc<[u8]>, Bytes)>,
    order: VecDeque<Key>,
    bytes: usize,
}

/// The containers of one server, oldest out first.
#[derive(Default)]
pub(crate) struct ContainerCache(Mutex<Kept>);

impl ContainerCache {
    /// The container of a content for a contract: kept, made now, or made while it is sent.
    pub(crate) async fn container(
        &self,
        content: &Arc<[u8]>,
        compression: Compression,
        contract: &RsaPublicKey,
    ) -> Result<ReplyBody, ContainerError> {
        let key = Key {
            content: content.as_ptr() as usize,
            compression: compression.as_str(),
            contract: contract.clone(),
        };
        if let Some(bytes) = self.get(&key) {
            return Ok(ReplyBody::Container(bytes));
        }
        let writer = ContainerWriter::new(Arc::clone(content), compression, contract)?;
        if content.len() > LARGEST_KEPT {
            return Ok(ReplyBody::ContainerStream(Box::new(writer)));
        }
        let made = tokio::task::spawn_blocking(move || writer.into_bytes()).await;
        let bytes = made.map_err(|panicked| std::io::Error::other(panicked.to_string()))??;
        self.keep(key, Arc::clone(content), bytes.clone());
        Ok(ReplyBody::Container(bytes))
    }

    fn get(&self, key: &Key) -> Option<Bytes> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.containers.get(key).map(|(_, bytes)| bytes.clone())
    }

    fn keep(&self, key: Key, content: Arc<[u8]>, bytes: Bytes) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += bytes.len() + content.len();
        if let Some((content, bytes)) = kept.containers.insert(key.clone(), (content, bytes)) {
            kept.bytes -= bytes.len() + content.len();
        } else {
            kept.order.push_back(key);
        }
        while kept.bytes > MOST_BYTES {
            let Some(oldest) = kept.order.pop_front() else { break };
            if let Some((content, bytes)) = kept.containers.remove(&oldest) {
                kept.bytes -= bytes.len() + content.len();
            }
        }
    }
}

impl std::fmt::Debug for ContainerCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContainerCache")
    }
}

//! Which token pairs are in use, so that handles made from the same pair share
//! it: two of them refreshing on their own would invalidate each other's tokens.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use aws_lc_rs::digest::{Context, SHA256};

use crate::contract::Contract;
use crate::tokens::token::UserAccessToken;

/// Pairs remembered of one handle: its first ones lead to it long after they
/// were replaced, but not for ever.
const PAIRS_PER_HANDLE: usize = 4;

/// Digest of a contract, its key and a token pair: the map outlives the handles, and
/// must not keep their tokens in memory.
type Fingerprint = [u8; 32];

/// All handles of a client that are still in use.
#[derive(Debug)]
pub(crate) struct KnownUsers<T> {
    by_pair: Mutex<HashMap<Fingerprint, Weak<T>>>,
}

/// The pairs one handle is known by.
#[derive(Debug, Default)]
pub(crate) struct Pairs(Mutex<VecDeque<Fingerprint>>);

impl<T> Default for KnownUsers<T> {
    fn default() -> Self {
        Self { by_pair: Mutex::default() }
    }
}

impl<T> KnownUsers<T> {
    /// The handle known by this pair, or a new one.
    pub(crate) fn find_or_insert(
        &self,
        contract: &Contract,
        token: &UserAccessToken,
        make: impl FnOnce(Pairs) -> T,
    ) -> Arc<T> {
        // Placeholders are not a user: handles made with one have nothing in common.
        let Some(fingerprint) = fingerprint(contract, token) else { return Arc::new(make(Pairs::default())) };
        let mut by_pair = lock(&self.by_pair);
        if let Some(known) = by_pair.get(&fingerprint).and_then(Weak::upgrade) {
            return known;
        }
        let new = Arc::new(make(Pairs(Mutex::new(VecDeque::from([fingerprint])))));
        if by_pair.len() == by_pair.capacity() {
            by_pair.retain(|_, handle| handle.strong_count() > 0);
        }
        by_pair.insert(fingerprint, Arc::downgrade(&new));
        new
    }

    /// Makes a handle known by a further pair, the refreshed one.
    pub(crate) fn add(&self, contract: &Contract, token: &UserAccessToken, pairs: &Pairs, handle: &Arc<T>) {
        let Some(fingerprint) = fingerprint(contract, token) else { return };
        let mut by_pair = lock(&self.by_pair);
        let mut pairs = lock(&pairs.0);
        if pairs.len() == PAIRS_PER_HANDLE
            && let Some(oldest) = pairs.pop_front()
        {
            by_pair.remove(&oldest);
        }
        pairs.push_back(fingerprint);
        by_pair.insert(fingerprint, Arc::downgrade(handle));
    }

    /// Makes a handle known by this pair alone: it may be another user's.
    pub(crate) fn replace(
        &self,
        contract: &Contract,
        token: &UserAccessToken,
        pairs: &Pairs,
        handle: &Arc<T>,
    ) {
        let mut by_pair = lock(&self.by_pair);
        for known in lock(&pairs.0).drain(..) {
            by_pair.remove(&known);
        }
        drop(by_pair);
        self.add(contract, token, pairs, handle);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `None` for pairs that are not complete.
fn fingerprint(contract: &Contract, token: &UserAccessToken) -> Option<Fingerprint> {
    let (access, refresh) = (token.access_token.value.expose(), token.refresh_token.value.expose());
    if access.is_empty() || refresh.is_empty() {
        return None;
    }
    let mut digest = Context::new(&SHA256);
    let parts =
        [contract.id().as_str().as_bytes(), contract.key().public(), access.as_bytes(), refresh.as_bytes()];
    for part in parts {
        digest.update(&part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finish().as_ref().try_into().ok()
}

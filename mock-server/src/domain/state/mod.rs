//! All state of one sandbox, changed only by these operations, each of which is atomic.

mod consents;
mod deletion;
mod links;
mod postboxes;
mod pushing;
mod references;
mod sessions;
mod storage;
mod sweep;
mod tokens;

use std::collections::HashMap;
use std::time::Duration;

use super::code::{AuthorizationCode, PendingConsent};
use super::library::{Library, LibraryId};
use super::nonce::NonceLog;
use super::postbox::{Postbox, PostboxId};
use super::refusal::{Refusal, TokenKind};
use super::session::Session;
use super::storage::{Storage, StorageId};
use super::token::{Grant, RefreshGrant};
use crate::random::SandboxTag;
pub use links::LinkProblem;
pub use storage::BindStorageError;

pub(crate) use consents::{AuthorizeRequest, OpenedPage, ReferenceRequest, WaitingConsent};
pub(crate) use links::{AnsweredLink, LinkDecision, LinkUser, WaitingLink};
pub(crate) use pushing::quota_used_up;
pub(crate) use references::Referent;
pub(crate) use tokens::CodeExchange;

use references::Reference;
use sweep::Broom;

/// How long things live, on the sandbox's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// Preauthorization and authorization codes.
    pub code: Duration,
    /// Access tokens.
    pub access_token: Duration,
    /// Refresh tokens; a refresh keeps this end (protocol reference, legacy §4).
    pub refresh_token: Duration,
    /// How long a refresh token still works after it was used.
    pub refresh_grace: Duration,
    /// Read sessions.
    pub session: Duration,
}

impl Default for Lifetimes {
    /// Ten minutes for codes, one day and thirty days for tokens, one hour for sessions.
    fn default() -> Self {
        const MINUTE: u64 = 60;
        const DAY: u64 = 24 * 60 * MINUTE;
        Self {
            code: Duration::from_secs(10 * MINUTE),
            access_token: Duration::from_secs(DAY),
            refresh_token: Duration::from_secs(30 * DAY),
            refresh_grace: Duration::from_secs(MINUTE),
            session: Duration::from_secs(60 * MINUTE),
        }
    }
}

/// All state of one sandbox.
#[derive(Debug)]
pub(crate) struct State {
    tag: SandboxTag,
    lifetimes: Lifetimes,
    consents: HashMap<String, PendingConsent>,
    codes: HashMap<String, AuthorizationCode>,
    access: HashMap<String, Grant>,
    refresh: HashMap<String, RefreshGrant>,
    libraries: HashMap<LibraryId, Library>,
    sessions: HashMap<String, Session>,
    /// What the guest page is opened with → session key.
    exchange_tokens: HashMap<String, String>,
    postboxes: HashMap<PostboxId, Postbox>,
    /// The library of the user whose phone the sandbox has; none before the first consent on it.
    phone: Option<LibraryId>,
    references: HashMap<String, Reference>,
    /// Bytes of everything that is pushed and not yet forgotten.
    pushed_bytes: u64,
    push_quota: u64,
    storages: HashMap<StorageId, Storage>,
    /// Nonces that were used.
    pub nonces: NonceLog,
    broom: Broom,
}

impl State {
    /// An empty sandbox that takes `push_quota` bytes of pushed data.
    pub(crate) fn new(tag: SandboxTag, lifetimes: Lifetimes, push_quota: u64) -> Self {
        Self {
            tag,
            lifetimes,
            consents: HashMap::new(),
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            libraries: HashMap::new(),
            sessions: HashMap::new(),
            exchange_tokens: HashMap::new(),
            postboxes: HashMap::new(),
            phone: None,
            references: HashMap::new(),
            pushed_bytes: 0,
            push_quota,
            storages: HashMap::new(),
            nonces: NonceLog::default(),
            broom: Broom::default(),
        }
    }

    /// A user's library.
    ///
    /// # Errors
    /// `InvalidToken` if it no longer exists.
    pub(crate) fn library(&self, id: &LibraryId) -> Result<&Library, Refusal> {
        self.libraries.get(id).ok_or_else(user_deleted)
    }

    fn library_mut(&mut self, id: &LibraryId) -> Result<&mut Library, Refusal> {
        self.libraries.get_mut(id).ok_or_else(user_deleted)
    }
}

fn user_deleted() -> Refusal {
    Refusal::invalid_token(TokenKind::Access, "the user was deleted")
}

//! All state of one sandbox, changed only by these operations, each of which is atomic.

mod consent_page;
mod consents;
mod deletion;
mod ids;
mod known_user;
mod link_problem;
mod links;
#[cfg(any(test, feature = "durable"))]
mod partial;
mod portable;
mod postboxes;
mod pushing;
mod quota;
mod reading;
mod references;
mod rows;
mod sessions;
mod storage;
mod storage_files;
mod sweep;
mod tables;
mod tokens;
mod user_changes;
mod user_files;
mod users;

use super::code::{AuthorizationCode, PendingConsent};
use super::library::{Library, LibraryId};
use super::lifeline::Lifeline;
use super::lifetimes::Lifetimes;
use super::nonce::NonceLog;
use super::postbox::{PendingPush, Postbox};
use super::pushed::PushedFile;
use super::quota::Quota;
use super::refusal::{Refusal, TokenKind};
use super::session::{ExchangeToken, Session};
use super::storage::{Storage, StorageLimits, StoredFile};
use super::table::Table;
use super::timeline::Timeline;
use super::token::{Grant, RefreshGrant};
use crate::random::SandboxTag;
pub use link_problem::LinkProblem;
pub use storage::BindStorageError;

pub(crate) use consent_page::{AuthorizeRequest, OpenedPage, ReferenceRequest, WaitingConsent};
#[cfg(any(test, feature = "durable"))]
pub(crate) use ids::Drawn;
pub(crate) use links::{LinkDecision, LinkUser, WaitingLink};
pub(crate) use portable::{Before, Incoming, IncomingRow, NotEmpty};
pub(crate) use pushing::quota_used_up;
pub(crate) use references::Referent;
#[cfg(any(test, feature = "durable"))]
pub(crate) use sweep::SWEEP_EVERY;
pub(crate) use tokens::CodeExchange;
pub(crate) use user_changes::SourceChange;
pub(crate) use user_files::{UserFile, UserFileContent};
pub(crate) use users::{TokenRole, TokenView, UserView};

use ids::Ids;

use references::Reference;
use rows::Fact;
use sweep::Broom;

/// What a sandbox follows that is set and never changes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    /// How long things live.
    pub(crate) lifetimes: Lifetimes,
    /// How many bytes of pushed data it takes.
    pub(crate) push_quota: u64,
    /// When the files of a read appear.
    pub(crate) timeline: Timeline,
    /// How much fits into a storage.
    pub(crate) storage: StorageLimits,
    /// How much it may hold, if it is a partner's.
    pub(crate) quota: Option<Quota>,
}

/// All state of one sandbox.
#[derive(Debug)]
pub(crate) struct State {
    tag: SandboxTag,
    rules: Rules,
    consents: Table<PendingConsent>,
    codes: Table<AuthorizationCode>,
    access: Table<Grant>,
    refresh: Table<RefreshGrant>,
    libraries: Table<Library>,
    pushed: Table<PushedFile>,
    pending: Table<PendingPush>,
    sessions: Table<Session>,
    exchange_tokens: Table<ExchangeToken>,
    postboxes: Table<Postbox>,
    references: Table<Reference>,
    storages: Table<Storage>,
    storage_files: Table<StoredFile>,
    facts: Table<Fact>,
    /// Nonces that were used.
    pub nonces: NonceLog,
    broom: Broom,
    ids: Ids,
    /// What ends when the operation is done.
    cut: Vec<(String, Lifeline)>,
}

impl State {
    /// An empty sandbox.
    pub(crate) fn new(tag: SandboxTag, rules: Rules) -> Self {
        Self {
            tag,
            rules,
            consents: Table::default(),
            codes: Table::default(),
            access: Table::default(),
            refresh: Table::default(),
            libraries: Table::default(),
            pushed: Table::default(),
            pending: Table::default(),
            sessions: Table::default(),
            exchange_tokens: Table::default(),
            postboxes: Table::default(),
            references: Table::default(),
            storages: Table::default(),
            storage_files: Table::default(),
            facts: Table::default(),
            nonces: NonceLog::default(),
            broom: Broom::default(),
            ids: Ids::Fresh,
            cut: Vec::new(),
        }
    }

    /// A new identifier.
    fn mint(&self) -> String {
        self.ids.draw(&self.tag)
    }

    /// Ends the downloads of what an operation deleted; to be called when that is certain.
    pub(crate) fn settle(&mut self) {
        self.cut.drain(..).for_each(|(_, lifeline)| lifeline.cut());
    }

    /// The users and account references whose downloads end when the operation is done.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn to_be_cut(&self) -> Vec<String> {
        self.cut.iter().map(|(id, _)| id.clone()).collect()
    }

    /// A user's library.
    ///
    /// # Errors
    /// `InvalidToken` if it no longer exists.
    pub(crate) fn library(&self, id: &LibraryId) -> Result<&Library, Refusal> {
        self.libraries.get(id).ok_or_else(user_deleted)
    }
}

fn user_deleted() -> Refusal {
    Refusal::invalid_token(TokenKind::Access, "the user was deleted")
}

//! What a sandbox keeps of its users, behind whole operations.
//!
//! An endpoint asks for one operation and gets values of its own: it never holds a lock or a
//! reference into the state, so that another store needs no change to an endpoint.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Moment;
use crate::domain::app_link::{ConsentLink, PushComplete, SessionName};
use crate::domain::consent::{ConsentProblem, Decision, PageLink};
use crate::domain::contract::Contract;
use crate::domain::library::{Account, AccountId, LibraryId};
use crate::domain::lifeline::Lifeline;
use crate::domain::listing::{FileList, SessionFile};
use crate::domain::nonce::{NonceKey, NonceUse};
use crate::domain::portability::Report;
use crate::domain::postbox::{Delivery, PostboxFile, PostboxKeys, PostboxRef, Pusher};
use crate::domain::pull_options::PullOptions;
use crate::domain::pushed::Descriptor;
use crate::domain::refusal::Refusal;
use crate::domain::session::{Reader, SessionAccess, SessionRef, Unasked};
use crate::domain::state::{
    AnsweredLink, AuthorizeRequest, BindStorageError, CodeExchange, Lifetimes, LinkDecision, LinkProblem,
    OpenedPage, ReferenceRequest, Referent, State, WaitingConsent, WaitingLink,
};
use crate::domain::storage::{StorageLimits, StorageRef, StoredFile};
use crate::domain::storage_path::{FilePath, FolderPath, StoragePath};
use crate::domain::timeline::Timeline;
use crate::domain::token::TokenPair;
use crate::fingerprint::Fingerprint;
use crate::payload::content::Content;
use crate::random::SandboxTag;

/// What the state follows that is set and never changes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoreRules {
    pub(crate) lifetimes: Lifetimes,
    pub(crate) push_quota: u64,
    pub(crate) timeline: Timeline,
    pub(crate) storage: StorageLimits,
}

/// What a sandbox keeps of its users, in memory.
#[derive(Debug)]
pub(crate) struct Store {
    tag: SandboxTag,
    rules: StoreRules,
    state: Mutex<State>,
}

/// What `accounts.json` of a session tells, and what its download hangs on.
#[derive(Clone, Debug)]
pub(crate) struct SessionAccounts {
    pub(crate) accounts: Vec<Account>,
    /// `consentid`
    pub(crate) consent: String,
    pub(crate) lifeline: Lifeline,
}

/// Two checks of one operation: the outer refusal is the first one's.
type Twice<T> = Result<Result<T, Refusal>, Refusal>;

impl Store {
    pub(crate) fn new(tag: SandboxTag, rules: StoreRules) -> Self {
        let state = State::new(tag.clone(), rules.lifetimes, rules.push_quota);
        Self { tag, rules, state: Mutex::new(state) }
    }

    /// Operations are short and never wait; none of them can leave the state half changed, so a
    /// panic elsewhere does not spoil it.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything but the nonces: what was sent before a reset is no less a replay after it.
    pub(crate) async fn reset(&self) {
        let mut state = self.state();
        let nonces = std::mem::take(&mut state.nonces);
        *state = State::new(self.tag.clone(), self.rules.lifetimes, self.rules.push_quota);
        state.nonces = nonces;
    }

    /// As [`crate::domain::nonce::NonceLog::take`].
    pub(crate) async fn take_nonce(&self, used: NonceUse<'_>, real_now: Moment) -> Result<(), Refusal> {
        self.state().nonces.take(used, real_now)
    }

    /// As [`crate::domain::nonce::NonceLog::allow_repetition`].
    pub(crate) async fn allow_repetition(&self, key: NonceKey, request: Fingerprint) {
        self.state().nonces.allow_repetition(key, request);
    }

    /// As [`State::access`].
    pub(crate) async fn access(
        &self,
        contract: &Contract,
        token: &str,
        now: Moment,
    ) -> Result<LibraryId, Refusal> {
        self.state().access(contract, token, now).cloned()
    }

    /// As [`State::renewable`].
    pub(crate) async fn renewable(&self, contract: &Contract, token: &str) -> Result<LibraryId, Refusal> {
        self.state().renewable(contract, token).cloned()
    }

    /// As [`State::linked_library`].
    pub(crate) async fn linked_library(&self, token: &str) -> Result<LibraryId, Refusal> {
        self.state().linked_library(token).cloned()
    }

    /// As [`State::authorize`].
    pub(crate) async fn authorize(
        &self,
        contract: &Contract,
        request: AuthorizeRequest,
        now: Moment,
    ) -> OpenedPage {
        self.state().authorize(contract, request, now)
    }

    /// As [`State::refer`].
    pub(crate) async fn refer(
        &self,
        contract: &Contract,
        request: ReferenceRequest,
        now: Moment,
    ) -> Result<OpenedPage, Refusal> {
        self.state().refer(contract, request, now)
    }

    /// As [`State::revoke`].
    pub(crate) async fn revoke(
        &self,
        contract: &Contract,
        user: &LibraryId,
        account: &str,
        redirect_uri: String,
        now: Moment,
    ) -> Result<String, Refusal> {
        self.state().revoke(contract, user, account, redirect_uri, now)
    }

    /// As [`State::waiting_consent`].
    pub(crate) async fn waiting_consent(
        &self,
        link: PageLink<'_>,
        now: Moment,
    ) -> Result<WaitingConsent, ConsentProblem> {
        self.state().waiting_consent(link, now)
    }

    /// As [`State::page_client`].
    pub(crate) async fn page_client(&self, code: &str) -> Option<String> {
        self.state().page_client(code).map(str::to_owned)
    }

    /// As [`State::decide`].
    pub(crate) async fn decide(
        &self,
        link: PageLink<'_>,
        decision: Decision,
        now: Moment,
    ) -> Result<String, ConsentProblem> {
        self.state().decide(link, decision, now)
    }

    /// As [`State::link_client`].
    pub(crate) async fn link_client(&self, session: &SessionName) -> Option<String> {
        self.state().link_client(session).map(str::to_owned)
    }

    /// As [`State::waiting_link`].
    pub(crate) async fn waiting_link(
        &self,
        contract: &Contract,
        link: &ConsentLink,
        now: Moment,
    ) -> Result<WaitingLink, LinkProblem> {
        self.state().waiting_link(contract, link, now)
    }

    /// As [`State::answer_link`].
    pub(crate) async fn answer_link(
        &self,
        contract: &Contract,
        link: &ConsentLink,
        decision: LinkDecision,
        now: Moment,
    ) -> Result<AnsweredLink, LinkProblem> {
        self.state().answer_link(contract, link, decision, now)
    }

    /// As [`State::pushed_library`].
    pub(crate) async fn pushed_library(
        &self,
        link: &PushComplete,
        now: Moment,
    ) -> Result<LibraryId, LinkProblem> {
        self.state().pushed_library(link, now)
    }

    /// As [`State::phone_library`].
    pub(crate) async fn phone_library(&self) -> Option<LibraryId> {
        self.state().phone_library().cloned()
    }

    /// As [`State::phone_consented`].
    pub(crate) async fn phone_consented(&self, client_id: &str) -> bool {
        self.state().phone_consented(client_id)
    }

    /// As [`State::exchange`].
    pub(crate) async fn exchange(
        &self,
        contract: &Contract,
        exchange: CodeExchange<'_>,
        now: Moment,
    ) -> Result<TokenPair, Refusal> {
        self.state().exchange(contract, exchange, now)
    }

    /// As [`State::refresh`].
    pub(crate) async fn refresh(
        &self,
        contract: &Contract,
        token: &str,
        now: Moment,
    ) -> Result<TokenPair, Refusal> {
        self.state().refresh(contract, token, now)
    }

    /// As [`State::trigger`].
    pub(crate) async fn trigger(
        &self,
        contract: &Contract,
        user: &LibraryId,
        session: (PullOptions, SessionAccess),
        now: Moment,
    ) -> Result<SessionRef, Refusal> {
        self.state().trigger(contract, user, session, now)
    }

    /// As [`State::trigger_named`].
    pub(crate) async fn trigger_named(
        &self,
        contract: &Contract,
        user: &LibraryId,
        session_key: &str,
        now: Moment,
    ) -> Result<(), Refusal> {
        self.state().trigger_named(contract, user, session_key, now)
    }

    /// As [`State::session_client`].
    pub(crate) async fn session_client(&self, session_key: &str) -> Option<String> {
        self.state().session_client(session_key).map(str::to_owned)
    }

    /// What a session shows.
    ///
    /// # Errors
    /// As [`State::session`].
    pub(crate) async fn file_list(
        &self,
        contract: &Contract,
        reader: Reader<'_>,
        session_key: &str,
        now: Moment,
    ) -> Result<FileList, Refusal> {
        let state = self.state();
        let (session, library) = state.session(contract, reader, session_key, now)?;
        Ok(FileList::at(session, library, contract, &self.rules.timeline, now))
    }

    /// A file of a session, by its name.
    ///
    /// # Errors
    /// As [`State::session`], then `FileNotFound` if the session does not list it.
    pub(crate) async fn session_file(
        &self,
        contract: &Contract,
        reader: Reader<'_>,
        session_key: &str,
        file: (&str, Unasked),
        now: Moment,
    ) -> Twice<SessionFile> {
        let state = self.state();
        let (session, library) = state.session(contract, reader, session_key, now)?;
        Ok(SessionFile::find(session, library, contract, &self.rules.timeline, now, file))
    }

    /// What `accounts.json` of a session tells.
    ///
    /// # Errors
    /// As [`State::any_session`].
    pub(crate) async fn session_accounts(
        &self,
        contract: &Contract,
        reader: Reader<'_>,
        session_key: &str,
        now: Moment,
    ) -> Result<SessionAccounts, Refusal> {
        let state = self.state();
        let (_, library) = state.any_session(contract, reader, session_key, now)?;
        Ok(SessionAccounts {
            accounts: library.accounts.clone(),
            consent: library.consents.get(&contract.client_id()).cloned().unwrap_or_default(),
            lifeline: library.lifeline.clone(),
        })
    }

    /// As [`State::open_waiting_session`].
    pub(crate) async fn open_session(
        &self,
        contract: &Contract,
        session: (PullOptions, SessionAccess),
        now: Moment,
    ) -> (SessionRef, String) {
        self.state().open_waiting_session(contract, session, now)
    }

    /// The accounts of a user.
    ///
    /// # Errors
    /// `InvalidToken` if the user was deleted.
    pub(crate) async fn accounts(&self, user: &LibraryId) -> Result<Vec<Account>, Refusal> {
        Ok(self.state().library(user)?.accounts.clone())
    }

    /// The portability report on a user.
    ///
    /// # Errors
    /// `InvalidToken` if the user was deleted.
    pub(crate) async fn report(
        &self,
        user: &LibraryId,
        from: Option<Moment>,
        to: Option<Moment>,
        now: Moment,
    ) -> Result<Report, Refusal> {
        Ok(Report::of(self.state().library(user)?, from, to, now))
    }

    /// As [`State::reference`].
    pub(crate) async fn reference(
        &self,
        contract: &Contract,
        referent: Referent,
        now: Moment,
    ) -> Result<String, Refusal> {
        self.state().reference(contract, referent, now)
    }

    /// As [`State::referent`].
    pub(crate) async fn referent(&self, client_id: &str, reference: &str, now: Moment) -> Option<Referent> {
        self.state().referent(client_id, reference, now).cloned()
    }

    /// As [`State::push_room`].
    pub(crate) async fn push_room(&self, contract: &Contract, now: Moment) -> Result<u64, Refusal> {
        self.state().push_room(contract, now)
    }

    /// As [`State::push`].
    pub(crate) async fn push(
        &self,
        contract: &Contract,
        user: &LibraryId,
        descriptor: Descriptor,
        content: Content,
        now: Moment,
    ) -> Result<(), Refusal> {
        self.state().push(contract, user, descriptor, content, now)
    }

    /// As [`State::create_postbox`], for a session that is waiting for it.
    ///
    /// # Errors
    /// `SessionInvalid` if the session is unknown or expired; `InvalidToken` if there is no such user.
    pub(crate) async fn create_session_postbox(
        &self,
        contract: &Contract,
        user: &LibraryId,
        session_key: &str,
        keys: PostboxKeys,
        now: Moment,
    ) -> Result<PostboxRef, Refusal> {
        let mut state = self.state();
        state.pushing_session(contract, session_key, now)?;
        state.library(user)?;
        Ok(state.create_postbox(&contract.client_id(), user, Some(session_key), keys))
    }

    /// As [`State::postbox_client`].
    pub(crate) async fn postbox_client(&self, id: &str) -> Option<String> {
        self.state().postbox_client(id).map(str::to_owned)
    }

    /// The keys of a postbox, for whoever pushes.
    ///
    /// # Errors
    /// As [`State::postbox`].
    pub(crate) async fn postbox_keys(
        &self,
        contract: &Contract,
        pusher: Pusher<'_>,
        id: &str,
    ) -> Result<PostboxKeys, Refusal> {
        Ok(self.state().postbox(contract, pusher, id)?.keys.clone())
    }

    /// As [`State::pushing_session`].
    pub(crate) async fn pushing_session(
        &self,
        contract: &Contract,
        key: &str,
        now: Moment,
    ) -> Result<SessionRef, Refusal> {
        self.state().pushing_session(contract, key, now)
    }

    /// As [`State::pushing_user`].
    pub(crate) async fn pushing_user(
        &self,
        contract: &Contract,
        token: &str,
        now: Moment,
    ) -> Result<(LibraryId, Delivery), Refusal> {
        self.state().pushing_user(contract, token, now)
    }

    /// As [`State::push_to_postbox`].
    pub(crate) async fn push_to_postbox(
        &self,
        contract: &Contract,
        id: &str,
        file: PostboxFile,
        delivery: Delivery,
        now: Moment,
    ) -> Result<(), Refusal> {
        self.state().push_to_postbox(contract, id, file, delivery, now)
    }

    /// As [`State::import_postboxes`].
    pub(crate) async fn import_postboxes(&self, user: &LibraryId) -> usize {
        self.state().import_postboxes(user)
    }

    /// As [`State::session_after_push`].
    pub(crate) async fn session_after_push(
        &self,
        contract: &Contract,
        user: &LibraryId,
        named: Option<&str>,
        access: SessionAccess,
        now: Moment,
    ) -> SessionRef {
        self.state().session_after_push(contract, user, named, access, now)
    }

    /// As [`State::push_target`].
    pub(crate) async fn push_target(
        &self,
        contract: &Contract,
        user: &LibraryId,
        account: &str,
    ) -> Result<AccountId, Refusal> {
        self.state().push_target(contract, user, account).map(|account| account.id.clone())
    }

    /// As [`State::delete_user`].
    pub(crate) async fn delete_user(&self, user: &LibraryId) -> Result<(), Refusal> {
        self.state().delete_user(user)
    }

    /// As [`State::delete_account`].
    pub(crate) async fn delete_account(&self, user: &LibraryId, account: &str) -> Result<(), Refusal> {
        self.state().delete_account(user, account)
    }

    /// As [`State::create_storage`].
    pub(crate) async fn create_storage(&self, contract: &Contract) -> StorageRef {
        self.state().create_storage(contract)
    }

    /// As [`State::user_storage`].
    pub(crate) async fn user_storage(&self, user: &LibraryId) -> Result<StorageRef, Refusal> {
        self.state().user_storage(user)
    }

    /// As [`State::bind_storage`].
    pub(crate) async fn bind_storage(&self, storage: &str, user: &LibraryId) -> Result<(), BindStorageError> {
        self.state().bind_storage(storage, user)
    }

    /// The files of a folder of a storage.
    ///
    /// # Errors
    /// As [`State::storage`].
    pub(crate) async fn storage_files(
        &self,
        contract: &Contract,
        storage: &str,
        folder: &FolderPath,
        recursive: bool,
    ) -> Result<Vec<StoredFile>, Refusal> {
        let state = self.state();
        Ok(state.storage(contract, storage)?.list(folder, recursive).into_iter().cloned().collect())
    }

    /// The content of a file of a storage.
    ///
    /// # Errors
    /// As [`State::storage`], then `NotFound` if there is no such file.
    pub(crate) async fn storage_file(
        &self,
        contract: &Contract,
        storage: &str,
        path: &FilePath,
    ) -> Twice<Content> {
        let state = self.state();
        Ok(state.storage(contract, storage)?.file(path).map(|file| file.content.clone()))
    }

    /// Whether a storage has room for a file of this size.
    ///
    /// # Errors
    /// As [`State::storage`], `FileTooLarge` or `QuotaExceeded`.
    pub(crate) async fn storage_room(
        &self,
        contract: &Contract,
        storage: &str,
        path: &FilePath,
        size: u64,
    ) -> Result<(), Refusal> {
        self.state().storage(contract, storage)?.require_room(path, size, &self.rules.storage)
    }

    /// Puts a file into a storage.
    ///
    /// # Errors
    /// As [`Store::storage_room`].
    pub(crate) async fn put_storage_file(
        &self,
        contract: &Contract,
        storage: &str,
        path: FilePath,
        content: Content,
    ) -> Result<StoredFile, Refusal> {
        let mut state = self.state();
        let storage = state.storage_mut(contract, storage)?;
        storage.put(path, content, || self.tag.mint(), &self.rules.storage).cloned()
    }

    /// Deletes a file or folder of a storage.
    ///
    /// # Errors
    /// As [`State::storage`], then `NotFound` if there is nothing at the path.
    pub(crate) async fn delete_storage_files(
        &self,
        contract: &Contract,
        storage: &str,
        path: &StoragePath,
    ) -> Twice<()> {
        Ok(self.state().storage_mut(contract, storage)?.delete(path))
    }
}

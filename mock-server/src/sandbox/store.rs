//! What a sandbox keeps of its users, behind whole operations.
//!
//! An endpoint asks for one operation and gets values of its own: it never holds a lock or a
//! reference into the state, so that another store needs no change to an endpoint.

use std::sync::{Mutex, PoisonError};

use crate::clock::Moment;
use crate::domain::app_link::{ConsentLink, LinkOutcome, PushComplete, SessionName};
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
    AuthorizeRequest, BindStorageError, CodeExchange, LinkDecision, LinkProblem, OpenedPage,
    ReferenceRequest, Referent, Rules, State, WaitingConsent, WaitingLink,
};
use crate::domain::storage::{StorageRef, StoredFile};
use crate::domain::storage_path::{FilePath, FolderPath, StoragePath};
use crate::domain::token::TokenPair;
use crate::domain::unavailable::Unavailable;
#[cfg(any(test, feature = "durable"))]
use crate::durable::Durable;
use crate::fingerprint::Fingerprint;
use crate::payload::content::Content;
use crate::random::SandboxTag;

/// What a sandbox keeps of its users.
#[derive(Debug)]
pub(crate) struct Store {
    tag: SandboxTag,
    rules: Rules,
    engine: Engine,
}

/// Where it keeps it.
#[derive(Debug)]
enum Engine {
    /// In memory: all rows are there.
    Memory(Box<Mutex<State>>),
    /// In a database, from which each operation loads what it needs.
    #[cfg(any(test, feature = "durable"))]
    Durable(Durable),
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
    /// A store in memory.
    pub(crate) fn new(tag: SandboxTag, rules: Rules) -> Self {
        let state = State::new(tag.clone(), rules);
        Self { tag, rules, engine: Engine::Memory(Box::new(Mutex::new(state))) }
    }

    /// A store in a database.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn durable(tag: SandboxTag, rules: Rules, durable: Durable) -> Self {
        Self { tag, rules, engine: Engine::Durable(durable) }
    }

    /// Runs one operation of the state as a unit: the only way to the state. What it is to do may be
    /// asked of it more than once, until one run has seen all that it needs; that one counts.
    ///
    /// Operations are short and never wait; none of them can leave the state half changed, so a
    /// panic elsewhere does not spoil it.
    ///
    /// # Errors
    /// [`Unavailable`] if the database cannot be used; nothing changes then.
    async fn run<T: Send>(
        &self,
        mut operation: impl FnMut(&mut State) -> T + Send,
    ) -> Result<T, Unavailable> {
        match &self.engine {
            Engine::Memory(state) => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                let answer = operation(&mut state);
                state.settle();
                Ok(answer)
            }
            #[cfg(any(test, feature = "durable"))]
            Engine::Durable(durable) => durable.run(&self.tag, self.rules, operation).await,
        }
    }

    /// Runs an operation that puts a content into the state: what it is put in for must not be lost, so it is
    /// kept before there is a row that names it.
    async fn run_with<T: Send, E: Send + From<Unavailable>>(
        &self,
        content: Content,
        mut operation: impl FnMut(&mut State, Content) -> Result<T, E> + Send,
    ) -> Result<T, E> {
        let content = match &self.engine {
            Engine::Memory(_) => content,
            #[cfg(any(test, feature = "durable"))]
            Engine::Durable(durable) => durable.keep(&self.tag, &content).await?,
        };
        let answer = self.run(|state| operation(state, content.clone())).await;
        #[cfg(any(test, feature = "durable"))]
        if let (Engine::Durable(durable), Ok(Err(_)) | Err(_)) = (&self.engine, &answer) {
            durable.discard(&self.tag, &content).await;
        }
        answer?
    }

    /// A content as it can be read.
    async fn opened(&self, content: Content) -> Result<Content, Unavailable> {
        match &self.engine {
            Engine::Memory(_) => Ok(content),
            #[cfg(any(test, feature = "durable"))]
            Engine::Durable(durable) => durable.fetch(&self.tag, content).await,
        }
    }

    /// Sweeps a database; memory is swept by the requests that add something.
    ///
    /// # Errors
    /// [`Unavailable`]; the next sweep goes on from there.
    pub(crate) async fn sweep(&self, _now: Moment, _real_now: Moment) -> Result<(), Unavailable> {
        match &self.engine {
            Engine::Memory(_) => Ok(()),
            #[cfg(any(test, feature = "durable"))]
            Engine::Durable(durable) => durable.sweep(&self.tag, self.rules, _now, _real_now).await,
        }
    }

    /// Forgets everything but the nonces: what was sent before a reset is no less a replay after it.
    pub(crate) async fn reset(&self) -> Result<(), Unavailable> {
        match &self.engine {
            Engine::Memory(state) => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                let nonces = std::mem::take(&mut state.nonces);
                *state = State::new(self.tag.clone(), self.rules);
                state.nonces = nonces;
                Ok(())
            }
            #[cfg(any(test, feature = "durable"))]
            Engine::Durable(durable) => durable.clear(&self.tag).await,
        }
    }

    /// As [`crate::domain::nonce::NonceLog::take`].
    pub(crate) async fn take_nonce(&self, used: NonceUse<'_>, real_now: Moment) -> Result<(), Refusal> {
        self.run(|state| state.nonces.take(used, real_now)).await?
    }

    /// As [`crate::domain::nonce::NonceLog::allow_repetition`].
    pub(crate) async fn allow_repetition(
        &self,
        key: NonceKey,
        request: Fingerprint,
    ) -> Result<(), Unavailable> {
        self.run(|state| state.nonces.allow_repetition(key, request)).await
    }

    /// As [`State::access`].
    pub(crate) async fn access(
        &self,
        contract: &Contract,
        token: &str,
        now: Moment,
    ) -> Result<LibraryId, Refusal> {
        self.run(|state| state.access(contract, token, now).cloned()).await?
    }

    /// As [`State::renewable`].
    pub(crate) async fn renewable(&self, contract: &Contract, token: &str) -> Result<LibraryId, Refusal> {
        self.run(|state| state.renewable(contract, token).cloned()).await?
    }

    /// As [`State::linked_library`].
    pub(crate) async fn linked_library(&self, token: &str) -> Result<LibraryId, Refusal> {
        self.run(|state| state.linked_library(token).cloned()).await?
    }

    /// As [`State::authorize`].
    pub(crate) async fn authorize(
        &self,
        contract: &Contract,
        request: AuthorizeRequest,
        now: Moment,
    ) -> Result<OpenedPage, Unavailable> {
        self.run(|state| state.authorize(contract, request.clone(), now)).await
    }

    /// As [`State::refer`].
    pub(crate) async fn refer(
        &self,
        contract: &Contract,
        request: ReferenceRequest,
        now: Moment,
    ) -> Result<OpenedPage, Refusal> {
        self.run(|state| state.refer(contract, request.clone(), now)).await?
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
        self.run(|state| state.revoke(contract, user, account, redirect_uri.clone(), now)).await?
    }

    /// As [`State::waiting_consent`].
    pub(crate) async fn waiting_consent(
        &self,
        link: PageLink<'_>,
        now: Moment,
    ) -> Result<WaitingConsent, ConsentProblem> {
        self.run(|state| state.waiting_consent(link, now)).await?
    }

    /// As [`State::page_client`].
    pub(crate) async fn page_client(&self, code: &str) -> Result<Option<String>, Unavailable> {
        self.run(|state| state.page_client(code).map(str::to_owned)).await
    }

    /// As [`State::decide`].
    pub(crate) async fn decide(
        &self,
        link: PageLink<'_>,
        decision: Decision,
        now: Moment,
    ) -> Result<String, ConsentProblem> {
        self.run(|state| state.decide(link, decision.clone(), now)).await?
    }

    /// As [`State::link_client`].
    pub(crate) async fn link_client(&self, session: &SessionName) -> Result<Option<String>, Unavailable> {
        self.run(|state| state.link_client(session).map(str::to_owned)).await
    }

    /// As [`State::waiting_link`].
    pub(crate) async fn waiting_link(
        &self,
        contract: &Contract,
        link: &ConsentLink,
        now: Moment,
    ) -> Result<WaitingLink, LinkProblem> {
        self.run(|state| state.waiting_link(contract, link, now)).await?
    }

    /// As [`State::answer_link`].
    pub(crate) async fn answer_link(
        &self,
        contract: &Contract,
        link: &ConsentLink,
        decision: LinkDecision,
        now: Moment,
    ) -> Result<LinkOutcome, LinkProblem> {
        self.run(|state| state.answer_link(contract, link, decision.clone(), now)).await?
    }

    /// As [`State::pushed_library`].
    pub(crate) async fn pushed_library(
        &self,
        link: &PushComplete,
        now: Moment,
    ) -> Result<LibraryId, LinkProblem> {
        self.run(|state| state.pushed_library(link, now)).await?
    }

    /// As [`State::phone_library`].
    pub(crate) async fn phone_library(&self) -> Result<Option<LibraryId>, Unavailable> {
        self.run(|state| state.phone_library().cloned()).await
    }

    /// As [`State::phone_consented`].
    pub(crate) async fn phone_consented(&self, client_id: &str) -> Result<bool, Unavailable> {
        self.run(|state| state.phone_consented(client_id)).await
    }

    /// As [`State::exchange`].
    pub(crate) async fn exchange(
        &self,
        contract: &Contract,
        exchange: CodeExchange<'_>,
        now: Moment,
    ) -> Result<TokenPair, Refusal> {
        self.run(|state| state.exchange(contract, exchange, now)).await?
    }

    /// As [`State::refresh`].
    pub(crate) async fn refresh(
        &self,
        contract: &Contract,
        token: &str,
        now: Moment,
    ) -> Result<TokenPair, Refusal> {
        self.run(|state| state.refresh(contract, token, now)).await?
    }

    /// As [`State::trigger`].
    pub(crate) async fn trigger(
        &self,
        contract: &Contract,
        user: &LibraryId,
        session: (PullOptions, SessionAccess),
        now: Moment,
    ) -> Result<SessionRef, Refusal> {
        self.run(|state| state.trigger(contract, user, session.clone(), now)).await?
    }

    /// As [`State::trigger_named`].
    pub(crate) async fn trigger_named(
        &self,
        contract: &Contract,
        user: &LibraryId,
        session_key: &str,
        now: Moment,
    ) -> Result<(), Refusal> {
        self.run(|state| state.trigger_named(contract, user, session_key, now)).await?
    }

    /// As [`State::session_client`].
    pub(crate) async fn session_client(&self, session_key: &str) -> Result<Option<String>, Unavailable> {
        self.run(|state| state.session_client(session_key).map(str::to_owned)).await
    }

    /// As [`State::file_list`].
    pub(crate) async fn file_list(
        &self,
        contract: &Contract,
        reader: Reader<'_>,
        session_key: &str,
        now: Moment,
    ) -> Result<FileList, Refusal> {
        self.run(|state| state.file_list(contract, reader, session_key, now)).await?
    }

    /// As [`State::session_file`].
    pub(crate) async fn session_file(
        &self,
        contract: &Contract,
        reader: Reader<'_>,
        session_key: &str,
        file: (&str, Unasked),
        now: Moment,
    ) -> Twice<SessionFile> {
        let found = self.run(|state| state.session_file(contract, reader, session_key, file, now)).await??;
        let Ok(mut file) = found else { return Ok(found) };
        file.content = self.opened(file.content).await?;
        Ok(Ok(file))
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
        self.run(|state| {
            let (_, library) = state.any_session(contract, reader, session_key, now)?;
            Ok(SessionAccounts {
                accounts: library.accounts.clone(),
                consent: library.consents.get(&contract.client_id()).cloned().unwrap_or_default(),
                lifeline: library.lifeline.clone(),
            })
        })
        .await?
    }

    /// As [`State::open_waiting_session`].
    pub(crate) async fn open_session(
        &self,
        contract: &Contract,
        session: (PullOptions, SessionAccess),
        now: Moment,
    ) -> Result<(SessionRef, String), Unavailable> {
        self.run(|state| state.open_waiting_session(contract, session.clone(), now)).await
    }

    /// The accounts of a user.
    ///
    /// # Errors
    /// `InvalidToken` if the user was deleted.
    pub(crate) async fn accounts(&self, user: &LibraryId) -> Result<Vec<Account>, Refusal> {
        self.run(|state| Ok(state.library(user)?.accounts.clone())).await?
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
        self.run(|state| Ok(Report::of(state.library(user)?, from, to, now))).await?
    }

    /// As [`State::reference`].
    pub(crate) async fn reference(
        &self,
        contract: &Contract,
        referent: Referent,
        now: Moment,
    ) -> Result<String, Refusal> {
        self.run(|state| state.reference(contract, referent.clone(), now)).await?
    }

    /// As [`State::referent`].
    pub(crate) async fn referent(
        &self,
        client_id: &str,
        reference: &str,
        now: Moment,
    ) -> Result<Option<Referent>, Unavailable> {
        self.run(|state| state.referent(client_id, reference, now).cloned()).await
    }

    /// As [`State::push_room`].
    pub(crate) async fn push_room(&self, contract: &Contract, now: Moment) -> Result<u64, Refusal> {
        self.run(|state| state.push_room(contract, now)).await?
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
        self.run_with(content, |state, content| state.push(contract, user, descriptor.clone(), content, now))
            .await
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
        self.run(|state| {
            state.pushing_session(contract, session_key, now)?;
            state.library(user)?;
            let session = Fingerprint::of(&[session_key]);
            Ok(state.create_postbox(&contract.client_id(), user, Some(session), keys.clone()))
        })
        .await?
    }

    /// As [`State::postbox_client`].
    pub(crate) async fn postbox_client(&self, id: &str) -> Result<Option<String>, Unavailable> {
        self.run(|state| state.postbox_client(id).map(str::to_owned)).await
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
        self.run(|state| Ok(state.postbox(contract, pusher, id)?.keys.clone())).await?
    }

    /// As [`State::pushing_session`].
    pub(crate) async fn pushing_session(
        &self,
        contract: &Contract,
        key: &str,
        now: Moment,
    ) -> Result<SessionRef, Refusal> {
        self.run(|state| state.pushing_session(contract, key, now)).await?
    }

    /// As [`State::pushing_user`].
    pub(crate) async fn pushing_user(
        &self,
        contract: &Contract,
        token: &str,
        now: Moment,
    ) -> Result<(LibraryId, Delivery), Refusal> {
        self.run(|state| state.pushing_user(contract, token, now)).await?
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
        let PostboxFile { descriptor, content, digest } = file;
        self.run_with(content, |state, content| {
            let file = PostboxFile { descriptor: descriptor.clone(), content, digest };
            state.push_to_postbox(contract, id, file, delivery, now)
        })
        .await
    }

    /// As [`State::import_postboxes`].
    pub(crate) async fn import_postboxes(&self, user: &LibraryId) -> Result<usize, Unavailable> {
        self.run(|state| state.import_postboxes(user)).await
    }

    /// As [`State::session_after_push`].
    pub(crate) async fn session_after_push(
        &self,
        contract: &Contract,
        user: &LibraryId,
        named: Option<&str>,
        access: SessionAccess,
        now: Moment,
    ) -> Result<SessionRef, Unavailable> {
        self.run(|state| state.session_after_push(contract, user, named, access, now)).await
    }

    /// As [`State::push_target`].
    pub(crate) async fn push_target(
        &self,
        contract: &Contract,
        user: &LibraryId,
        account: &str,
    ) -> Result<AccountId, Refusal> {
        self.run(|state| state.push_target(contract, user, account).map(|account| account.id.clone())).await?
    }

    /// As [`State::delete_user`].
    pub(crate) async fn delete_user(&self, user: &LibraryId) -> Result<(), Refusal> {
        self.run(|state| state.delete_user(user)).await?
    }

    /// As [`State::delete_account`].
    pub(crate) async fn delete_account(&self, user: &LibraryId, account: &str) -> Result<(), Refusal> {
        self.run(|state| state.delete_account(user, account)).await?
    }

    /// As [`State::create_storage`].
    pub(crate) async fn create_storage(&self, contract: &Contract) -> Result<StorageRef, Unavailable> {
        self.run(|state| state.create_storage(contract)).await
    }

    /// As [`State::user_storage`].
    pub(crate) async fn user_storage(&self, user: &LibraryId) -> Result<StorageRef, Refusal> {
        self.run(|state| state.user_storage(user)).await?
    }

    /// As [`State::bind_storage`].
    pub(crate) async fn bind_storage(&self, storage: &str, user: &LibraryId) -> Result<(), BindStorageError> {
        self.run(|state| state.bind_storage(storage, user)).await?
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
        self.run(|state| state.storage_list(contract, storage, folder, recursive)).await?
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
        let found = self.run(|state| {
            let found = state.storage_file(contract, storage, path)?;
            Ok::<_, Refusal>(found.map(|file| file.content.clone()))
        });
        match found.await?? {
            Ok(content) => Ok(Ok(self.opened(content).await?)),
            Err(refusal) => Ok(Err(refusal)),
        }
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
        self.run(|state| state.storage_room(contract, storage, path, size)).await?
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
        self.run_with(content, |state, content| {
            state.put_storage_file(contract, storage, path.clone(), content)
        })
        .await
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
        self.run(|state| state.delete_storage_files(contract, storage, path)).await?
    }
}

#[cfg(test)]
mod tests;

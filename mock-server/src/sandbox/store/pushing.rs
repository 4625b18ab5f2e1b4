//! Pushed files, and postboxes.

use super::Store;
use crate::clock::Moment;
use crate::domain::contract::Contract;
use crate::domain::library::{AccountId, LibraryId};
use crate::domain::postbox::{Delivery, PostboxFile, PostboxKeys, PostboxRef, Pusher};
use crate::domain::pushed::Descriptor;
use crate::domain::refusal::Refusal;
use crate::domain::session::{SessionAccess, SessionRef};
use crate::domain::unavailable::Unavailable;
use crate::fingerprint::Fingerprint;
use crate::payload::content::Content;

impl Store {
    /// As [`crate::domain::state::State::push_room`].
    pub(crate) async fn push_room(&self, contract: &Contract, now: Moment) -> Result<u64, Refusal> {
        self.run(|state| state.push_room(contract, now)).await?
    }

    /// As [`crate::domain::state::State::push`].
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

    /// As [`crate::domain::state::State::create_postbox`], for a session that is waiting for it.
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

    /// As [`crate::domain::state::State::postbox_client`].
    pub(crate) async fn postbox_client(&self, id: &str) -> Result<Option<String>, Unavailable> {
        self.run(|state| state.postbox_client(id).map(str::to_owned)).await
    }

    /// The keys of a postbox, for whoever pushes.
    ///
    /// # Errors
    /// As [`crate::domain::state::State::postbox`].
    pub(crate) async fn postbox_keys(
        &self,
        contract: &Contract,
        pusher: Pusher<'_>,
        id: &str,
    ) -> Result<PostboxKeys, Refusal> {
        self.run(|state| Ok(state.postbox(contract, pusher, id)?.keys.clone())).await?
    }

    /// As [`crate::domain::state::State::pushing_session`].
    pub(crate) async fn pushing_session(
        &self,
        contract: &Contract,
        key: &str,
        now: Moment,
    ) -> Result<SessionRef, Refusal> {
        self.run(|state| state.pushing_session(contract, key, now)).await?
    }

    /// As [`crate::domain::state::State::pushing_user`].
    pub(crate) async fn pushing_user(
        &self,
        contract: &Contract,
        token: &str,
        now: Moment,
    ) -> Result<(LibraryId, Delivery), Refusal> {
        self.run(|state| state.pushing_user(contract, token, now)).await?
    }

    /// As [`crate::domain::state::State::push_to_postbox`].
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

    /// As [`crate::domain::state::State::import_postboxes`].
    pub(crate) async fn import_postboxes(&self, user: &LibraryId) -> Result<usize, Unavailable> {
        self.run(|state| state.import_postboxes(user)).await
    }

    /// As [`crate::domain::state::State::session_after_push`].
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

    /// As [`crate::domain::state::State::push_target`].
    pub(crate) async fn push_target(
        &self,
        contract: &Contract,
        user: &LibraryId,
        account: &str,
    ) -> Result<AccountId, Refusal> {
        self.run(|state| state.push_target(contract, user, account).map(|account| account.id.clone())).await?
    }
}

//! Users, as whoever runs the sandbox sees and changes them.

use super::{Engine, Store};
use crate::clock::Moment;
use crate::domain::library::{Library, LibraryId};
use crate::domain::refusal::Refusal;
use crate::domain::state::{SourceChange, UserFile, UserFileContent, UserView};
use crate::domain::unavailable::Unavailable;
use crate::fingerprint::Fingerprint;

impl Store {
    /// Some users after one, in the order that the database has for ids. No state is held while others wait: each
    /// page is read on its own.
    pub(crate) async fn users_after<T: Send>(
        &self,
        after: Option<&LibraryId>,
        most: usize,
        view: impl Fn(&LibraryId, &Library) -> T + Send + Sync,
    ) -> Result<Vec<T>, Unavailable> {
        match &self.engine {
            Engine::Memory(_) => self.run(|state| state.users_after(after, most, &view)).await,
            #[cfg(any(test, feature = "durable"))]
            Engine::Durable(durable) => {
                let users = durable.users_after(&self.tag, after, most).await?;
                Ok(users.iter().map(|(id, library)| view(id, library)).collect())
            }
        }
    }

    /// As [`crate::domain::state::State::user`].
    pub(crate) async fn user(&self, id: &LibraryId) -> Result<UserView, Refusal> {
        self.run(|state| state.user(id)).await?
    }

    /// As [`crate::domain::state::State::user_files`].
    pub(crate) async fn user_files(&self, id: &LibraryId) -> Result<Vec<UserFile>, Refusal> {
        self.run(|state| state.user_files(id)).await?
    }

    /// As [`crate::domain::state::State::user_file`].
    pub(crate) async fn user_file(&self, id: &LibraryId, name: &str) -> Result<UserFileContent, Refusal> {
        let mut found = self.run(|state| state.user_file(id, name)).await??;
        found.content = self.opened(found.content).await?;
        Ok(found)
    }

    /// As [`crate::domain::state::State::expire_token`].
    pub(crate) async fn expire_token(
        &self,
        user: &LibraryId,
        token: Fingerprint,
        now: Moment,
    ) -> Result<(), Refusal> {
        self.run(|state| state.expire_token(user, token, now)).await?
    }

    /// As [`crate::domain::state::State::revoke_token`].
    pub(crate) async fn revoke_token(&self, user: &LibraryId, token: Fingerprint) -> Result<(), Refusal> {
        self.run(|state| state.revoke_token(user, token)).await?
    }

    /// As [`crate::domain::state::State::end_session`].
    pub(crate) async fn end_session(
        &self,
        user: &LibraryId,
        session: Fingerprint,
        now: Moment,
    ) -> Result<(), Refusal> {
        self.run(|state| state.end_session(user, session, now)).await?
    }

    /// As [`crate::domain::state::State::change_source`].
    pub(crate) async fn change_source(
        &self,
        user: &LibraryId,
        account: &str,
        change: SourceChange,
        now: Moment,
    ) -> Result<(), Refusal> {
        self.run(|state| state.change_source(user, account, change, now)).await?
    }

    /// As [`crate::domain::state::State::remove_user`].
    pub(crate) async fn remove_user(&self, user: &LibraryId) -> Result<(), Refusal> {
        self.run(|state| state.remove_user(user)).await?
    }
}

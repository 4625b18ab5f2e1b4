//! What whoever runs a sandbox does to its users, as it would happen by itself: tokens run out, sources fail.

use super::State;
use crate::clock::Moment;
use crate::domain::library::{LibraryId, Login};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::fingerprint::Fingerprint;

/// What becomes of the source behind an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceChange {
    /// It asks for a login.
    AsksForLogin,
    /// It fails by itself.
    Fails,
    /// It works.
    Works,
}

impl State {
    /// Lets a token of a user run out now, whichever of a pair it is.
    ///
    /// # Errors
    /// `NotFound` if the user has no such token.
    pub(crate) fn expire_token(
        &mut self,
        user: &LibraryId,
        token: Fingerprint,
        now: Moment,
    ) -> Result<(), Refusal> {
        self.require_token(user, &token)?;
        self.access.change(&token, |grant| grant.expires = grant.expires.min(now));
        self.refresh.change(&token, |it| it.grant.expires = it.grant.expires.min(now));
        Ok(())
    }

    /// Forgets a token of a user, whichever of a pair it is.
    ///
    /// # Errors
    /// `NotFound` if the user has no such token.
    pub(crate) fn revoke_token(&mut self, user: &LibraryId, token: Fingerprint) -> Result<(), Refusal> {
        self.require_token(user, &token)?;
        self.access.remove(&token);
        self.refresh.remove(&token);
        Ok(())
    }

    fn require_token(&self, user: &LibraryId, token: &Fingerprint) -> Result<(), Refusal> {
        self.known_user(user)?;
        let access = self.access.get(token).map(|grant| &grant.library);
        let refresh = self.refresh.get(token).map(|it| &it.grant.library);
        match access.or(refresh) == Some(user) {
            true => Ok(()),
            false => Err(not_theirs("token", token)),
        }
    }

    /// Lets a session that reads a user's library end now.
    ///
    /// # Errors
    /// `NotFound` if the user has no such session.
    pub(crate) fn end_session(
        &mut self,
        user: &LibraryId,
        session: Fingerprint,
        now: Moment,
    ) -> Result<(), Refusal> {
        self.known_user(user)?;
        let read = self.sessions.get(&session).and_then(|session| session.read.as_ref());
        if read.is_none_or(|read| &read.library != user) {
            return Err(not_theirs("session", &session));
        }
        self.sessions.change(&session, |session| session.expires = session.expires.min(now));
        Ok(())
    }

    /// Changes the source behind an account, for the syncs that begin from now on.
    ///
    /// # Errors
    /// `NotFound` if there is no such user; `AccountNotFound`.
    pub(crate) fn change_source(
        &mut self,
        user: &LibraryId,
        account: &str,
        change: SourceChange,
        now: Moment,
    ) -> Result<(), Refusal> {
        self.known_user(user)?.account(account)?;
        let login = match change {
            SourceChange::AsksForLogin => Login::Withdrawn(now),
            SourceChange::Fails => Login::OutOfOrder(now),
            SourceChange::Works => Login::Working(now),
        };
        self.libraries.change(user, |library| {
            let accounts = library.accounts.iter_mut();
            accounts.filter(|known| known.id == account).for_each(|account| account.login = login);
        });
        Ok(())
    }

    /// As [`State::delete_user`], for whoever runs the sandbox.
    ///
    /// # Errors
    /// `NotFound` if there is no such user.
    pub(crate) fn remove_user(&mut self, user: &LibraryId) -> Result<(), Refusal> {
        self.known_user(user)?;
        self.delete_user(user)
    }
}

fn not_theirs(what: &str, fingerprint: &Fingerprint) -> Refusal {
    let message = format!("The user has no {what} with the fingerprint {fingerprint}");
    Refusal::new(404, RefusalCode::NotFound, message, "GET /__admin/users/{userId} lists what they have")
}

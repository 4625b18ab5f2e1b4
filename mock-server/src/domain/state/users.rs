//! All that a sandbox has of a user, for whoever runs it. Tokens, codes and keys of sessions are told by their
//! fingerprints: nobody knows them.

use super::State;
use super::rows::{LIBRARY, STORAGE};
use crate::clock::Moment;
use crate::domain::code::Purpose;
use crate::domain::library::{Account, Library, LibraryId};
use crate::domain::pushed::Push;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::token::Grant;
use crate::fingerprint::Fingerprint;

/// Which of a pair a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TokenRole {
    Access,
    Refresh,
}

/// A token.
#[derive(Clone, Debug)]
pub(crate) struct TokenView {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) role: TokenRole,
    pub(crate) client_id: String,
    pub(crate) expires: Moment,
    /// When a refresh token was first used.
    pub(crate) superseded: Option<Moment>,
}

/// A session.
#[derive(Clone, Debug)]
pub(crate) struct SessionView {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) client_id: String,
    pub(crate) expires: Moment,
    /// When it began to read.
    pub(crate) started: Option<Moment>,
}

/// An authorization code.
#[derive(Clone, Debug)]
pub(crate) struct CodeView {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) client_id: String,
    pub(crate) expires: Moment,
    pub(crate) used: bool,
}

/// A consent page that was opened for the user.
#[derive(Clone, Debug)]
pub(crate) struct PageView {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) client_id: String,
    pub(crate) expires: Moment,
    pub(crate) decided: bool,
    /// What the user is asked for, in a word.
    pub(crate) purpose: &'static str,
}

/// A file that waits in a postbox.
#[derive(Clone, Debug)]
pub(crate) struct PushView {
    pub(crate) postbox: String,
    pub(crate) created: Moment,
    pub(crate) size: u64,
    pub(crate) client_id: String,
}

/// A postbox.
#[derive(Clone, Debug)]
pub(crate) struct PostboxView {
    pub(crate) id: String,
    pub(crate) client_id: String,
}

/// A storage with its files.
#[derive(Clone, Debug)]
pub(crate) struct StorageView {
    pub(crate) id: String,
    pub(crate) application_id: String,
    pub(crate) used: u64,
    pub(crate) files: Vec<StoredView>,
}

/// A file of a storage, which the server cannot read.
#[derive(Clone, Debug)]
pub(crate) struct StoredView {
    pub(crate) path: String,
    pub(crate) size: u64,
}

/// A user, with everything that is theirs but the contents of files.
#[derive(Clone, Debug)]
pub(crate) struct UserView {
    pub(crate) id: LibraryId,
    pub(crate) accounts: Vec<Account>,
    /// `client_id` and `consentid`.
    pub(crate) consents: Vec<(String, String)>,
    /// How many files were ever pushed into the library.
    pub(crate) push_count: u64,
    /// Those that end last first.
    pub(crate) tokens: Vec<TokenView>,
    pub(crate) sessions: Vec<SessionView>,
    pub(crate) codes: Vec<CodeView>,
    pub(crate) pages: Vec<PageView>,
    pub(crate) waiting: Vec<PushView>,
    pub(crate) postboxes: Vec<PostboxView>,
    pub(crate) storages: Vec<StorageView>,
}

impl State {
    /// All that there is of a user.
    ///
    /// # Errors
    /// `NotFound` if there is no such user.
    pub(crate) fn user(&self, id: &LibraryId) -> Result<UserView, Refusal> {
        let (accounts, consents, push_count) = {
            let library = self.known_user(id)?;
            let consents = library.consents.iter().map(|(client, id)| (client.clone(), id.clone())).collect();
            (library.accounts.clone(), consents, library.push_count)
        };
        let mut sessions: Vec<_> = self
            .sessions
            .of(LIBRARY, id)
            .map(|(key, session)| SessionView {
                fingerprint: *key,
                client_id: session.client_id.clone(),
                expires: session.expires,
                started: session.read.as_ref().map(|read| read.started),
            })
            .collect();
        sessions.sort_by_key(|it| (std::cmp::Reverse(it.expires), it.fingerprint));
        let mut codes: Vec<_> = self
            .codes
            .of(LIBRARY, id)
            .map(|(key, code)| CodeView {
                fingerprint: *key,
                client_id: code.client_id.clone(),
                expires: code.expires,
                used: code.used,
            })
            .collect();
        codes.sort_by_key(|it| (std::cmp::Reverse(it.expires), it.fingerprint));
        let mut postboxes: Vec<_> = self
            .postboxes
            .of(LIBRARY, id)
            .map(|(id, postbox)| PostboxView { id: id.clone(), client_id: postbox.client_id.clone() })
            .collect();
        postboxes.sort_by(|one, other| one.id.cmp(&other.id));
        let waiting = self.pending.of(LIBRARY, id).map(|(_, it)| waiting(&it.postbox, &it.push));
        Ok(UserView {
            id: id.clone(),
            accounts,
            consents,
            push_count,
            tokens: self.tokens_of(id),
            sessions,
            codes,
            pages: self.pages_of(id),
            waiting: waiting.collect(),
            postboxes,
            storages: self.storages_of(id),
        })
    }

    /// A user's library, for whoever runs the sandbox.
    ///
    /// # Errors
    /// `NotFound` if there is no such user.
    pub(super) fn known_user(&self, id: &LibraryId) -> Result<&Library, Refusal> {
        self.libraries.get(id).ok_or_else(|| {
            let detail = "the user was deleted, or nothing led to them any more";
            Refusal::new(404, RefusalCode::NotFound, format!("There is no user {id}"), detail)
        })
    }

    /// Some users after one, in the order of their ids.
    pub(crate) fn users_after<T>(
        &self,
        after: Option<&LibraryId>,
        most: usize,
        view: impl Fn(&LibraryId, &Library) -> T,
    ) -> Vec<T> {
        self.libraries.after(after).take(most).map(|(id, library)| view(id, library)).collect()
    }

    fn tokens_of(&self, id: &LibraryId) -> Vec<TokenView> {
        let view = |key: &Fingerprint, grant: &Grant, role, superseded| TokenView {
            fingerprint: *key,
            role,
            client_id: grant.client_id.clone(),
            expires: grant.expires,
            superseded,
        };
        let access = self.access.of(LIBRARY, id);
        let access = access.map(|(key, grant)| view(key, grant, TokenRole::Access, None));
        let refresh = self.refresh.of(LIBRARY, id);
        let refresh = refresh.map(|(key, it)| view(key, &it.grant, TokenRole::Refresh, it.superseded));
        let mut tokens: Vec<_> = access.chain(refresh).collect();
        tokens.sort_by_key(|it| (it.role, std::cmp::Reverse(it.expires), it.fingerprint));
        tokens
    }

    fn pages_of(&self, id: &LibraryId) -> Vec<PageView> {
        let pages = self.consents.of(LIBRARY, id);
        let mut pages: Vec<_> = pages
            .map(|(key, consent)| PageView {
                fingerprint: *key,
                client_id: consent.client_id.clone(),
                expires: consent.expires,
                decided: consent.decided,
                purpose: match consent.purpose {
                    Purpose::Authorize { .. } => "authorize",
                    Purpose::Extend { .. } => "extend",
                    Purpose::Renew { .. } => "renew",
                    Purpose::Revoke { .. } => "revoke",
                },
            })
            .collect();
        pages.sort_by_key(|it| (std::cmp::Reverse(it.expires), it.fingerprint));
        pages
    }

    fn storages_of(&self, id: &LibraryId) -> Vec<StorageView> {
        let storages = self.storages.of(LIBRARY, id).map(|(id, storage)| {
            let files = self.storage_files.of(STORAGE, id);
            StorageView {
                id: id.clone(),
                application_id: storage.application_id.clone(),
                used: storage.used,
                files: files
                    .map(|(key, file)| StoredView { path: key.part.clone(), size: file.content.len() })
                    .collect(),
            }
        });
        storages.collect()
    }
}

fn waiting(postbox: &str, push: &Push) -> PushView {
    PushView {
        postbox: postbox.to_owned(),
        created: push.created,
        size: push.content.len(),
        client_id: format!("{}_{}", push.application_id, push.contract_id),
    }
}

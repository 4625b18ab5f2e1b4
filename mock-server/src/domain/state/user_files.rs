//! The files of a user, as they are before anybody encrypts them: what their sources deliver, and what was pushed.

use std::sync::Arc;

use digime_fixtures::{DatasetFile, FileMetadata};

use super::State;
use super::rows::LIBRARY;
use crate::clock::Moment;
use crate::domain::library::{Account, AccountId, LibraryId};
use crate::domain::pushed::PushedFile;
use crate::domain::refusal::Refusal;
use crate::payload::content::Content;

/// A file of a user.
#[derive(Clone, Debug)]
pub(crate) struct UserFile {
    /// Its name in sessions.
    pub(crate) name: String,
    /// The account that it comes from; none if it was pushed.
    pub(crate) account: Option<AccountId>,
    pub(crate) media_type: String,
    /// In bytes.
    pub(crate) size: u64,
    /// When it was pushed, or its account was connected.
    pub(crate) since: Moment,
}

/// A file with its content.
#[derive(Clone, Debug)]
pub(crate) struct UserFileContent {
    pub(crate) file: UserFile,
    pub(crate) content: Content,
}

impl State {
    /// The files of a user, by account and in the order of the dataset; those that were pushed last.
    ///
    /// # Errors
    /// `NotFound` if there is no such user.
    pub(crate) fn user_files(&self, id: &LibraryId) -> Result<Vec<UserFile>, Refusal> {
        let library = self.known_user(id)?;
        let accounts = library.accounts.iter();
        let synced =
            accounts.flat_map(|account| account.dataset.files.iter().map(|file| synced(account, file)));
        let pushed = self.pushed.of(LIBRARY, id).map(|(_, file)| pushed(file));
        Ok(synced.chain(pushed).collect())
    }

    /// A file of a user, by its name.
    ///
    /// # Errors
    /// `NotFound` if there is no such user, `FileNotFound` if they have no such file.
    pub(crate) fn user_file(&self, id: &LibraryId, name: &str) -> Result<UserFileContent, Refusal> {
        let library = self.known_user(id)?;
        for account in &library.accounts {
            let found = account.dataset.files.iter().find(|file| account.file_name(file) == name);
            if let Some(file) = found {
                let content = Content::from(Arc::clone(&file.content));
                return Ok(UserFileContent { file: synced(account, file), content });
            }
        }
        let found = self.pushed.of(LIBRARY, id).find(|(_, file)| file.name() == name);
        found
            .map(|(_, file)| UserFileContent { file: pushed(file), content: file.push.content.clone() })
            .ok_or_else(|| Refusal::file_not_found(name, "neither a source nor a push brought it"))
    }
}

fn synced(account: &Account, file: &DatasetFile) -> UserFile {
    UserFile {
        name: account.file_name(file).into_owned(),
        account: Some(account.id.clone()),
        media_type: match &file.metadata {
            FileMetadata::Mapped(_) => "application/json".to_owned(),
            FileMetadata::Raw(raw) => raw.mimetype.clone(),
        },
        size: file.content.len() as u64,
        since: account.connected,
    }
}

fn pushed(file: &PushedFile) -> UserFile {
    UserFile {
        name: file.name(),
        account: None,
        media_type: file.push.descriptor.mime_type().to_owned(),
        size: file.push.content.len(),
        since: file.push.created,
    }
}

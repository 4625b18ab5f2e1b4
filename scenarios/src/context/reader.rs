//! Who reads a session: a user with a token or, in older generations, whoever knows its key.

use digime::legacy::SessionFiles;
use digime::{AllFiles, File, FileList, FileName, ReadAllOptions, SessionKey, User};

use super::{ScenarioContext, StepError};
use crate::format::Field;

/// Who reads a session.
pub(crate) enum Reader {
    /// A user with a token.
    User(User, SessionKey),
    /// Whoever knows its key.
    Key(SessionFiles),
}

impl ScenarioContext {
    /// The reader of the session that a step names, or of the present one.
    ///
    /// # Errors
    /// [`StepError::Misuse`] if there is no session, or no token where one is needed.
    pub(crate) fn reader(&self, session: Option<&Field<String>>) -> Result<Reader, StepError> {
        match self.older() {
            Some(older) => Ok(Reader::Key(self.session_files(older, session)?)),
            None => Ok(Reader::User(self.user()?, self.session(session)?)),
        }
    }
}

impl Reader {
    /// State and files of the session.
    ///
    /// # Errors
    /// [`StepError::Refused`].
    pub(crate) async fn list(&self) -> Result<FileList, StepError> {
        Ok(match self {
            Self::User(user, session) => user.read_file_list(session).await?,
            Self::Key(files) => files.list().await?,
        })
    }

    /// A file, decrypted and unpacked.
    ///
    /// # Errors
    /// [`StepError::Refused`].
    pub(crate) async fn file(&self, name: &FileName) -> Result<File, StepError> {
        Ok(match self {
            Self::User(user, session) => user.read_file(session, name).await?,
            Self::Key(files) => files.read(name).await?,
        })
    }

    /// All files, while the session is polled.
    pub(crate) fn all_files(&self, options: ReadAllOptions) -> AllFiles {
        match self {
            Self::User(user, session) => user.read_all_files(session, options),
            Self::Key(files) => files.read_all(options),
        }
    }
}

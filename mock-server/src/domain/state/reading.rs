//! What sessions show.

use super::State;
use super::rows::LIBRARY;
use crate::clock::Moment;
use crate::domain::contract::Contract;
use crate::domain::listing::{FileList, PushedFiles, SessionFile};
use crate::domain::refusal::Refusal;
use crate::domain::session::{Reader, Session, Unasked};

impl State {
    /// What a session shows.
    ///
    /// # Errors
    /// As [`State::session`].
    pub(crate) fn file_list(
        &self,
        contract: &Contract,
        reader: Reader<'_>,
        key: &str,
        now: Moment,
    ) -> Result<FileList, Refusal> {
        let (session, library) = self.session(contract, reader, key, now)?;
        let pushed = || self.pushed_into(session);
        Ok(FileList::at(session, (library, &pushed), contract, &self.rules.timeline, now))
    }

    /// A file of a session, by its name.
    ///
    /// # Errors
    /// As [`State::session`], then `FileNotFound` if the session does not list it.
    pub(crate) fn session_file(
        &self,
        contract: &Contract,
        reader: Reader<'_>,
        key: &str,
        file: (&str, Unasked),
        now: Moment,
    ) -> Result<Result<SessionFile, Refusal>, Refusal> {
        let (session, library) = self.session(contract, reader, key, now)?;
        let pushed = || self.pushed_into(session);
        Ok(SessionFile::find(session, (library, &pushed), contract, &self.rules.timeline, now, file))
    }

    /// What was pushed into the library that a session reads, oldest first.
    fn pushed_into<'a>(&'a self, session: &'a Session) -> PushedFiles<'a> {
        let read = session.read.iter();
        Box::new(read.flat_map(|read| self.pushed.of(LIBRARY, &read.library)).map(|(_, file)| file))
    }
}

//! Everything of a session as one stream: poll the list, download what is new,
//! report changes, end with the final status (protocol reference, README §8).

use std::collections::HashSet;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::{FutureExt, StreamExt, stream};

use crate::client::user::User;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::ids::{FileName, SessionKey};
use crate::read::file::File;
use crate::read::file_list::{FileList, SyncStatus};
use crate::read::read_all_options::ReadAllOptions;
use crate::read::reader::{FileError, ReadEvent, ReadSession, Reader};

/// Everything of a session, collected; see [`AllFiles::collect_all`].
#[derive(Debug)]
#[non_exhaustive]
pub struct AllRead {
    /// The files, the newest revision of each, in order of arrival.
    pub files: Vec<File>,
    /// The files that could not be read.
    pub failures: Vec<FileError>,
    /// The final status.
    pub status: SyncStatus,
}

/// A stream of [`ReadEvent`]; see [`User::read_all_files`].
///
/// Nothing begins unless it is polled; the downloads that have begun, of which
/// [`ReadAllOptions`] says how many, go on meanwhile. It belongs to the runtime
/// that polls it. Dropping it cancels everything.
#[must_use = "streams do nothing unless polled"]
pub struct AllFiles {
    events: BoxStream<'static, ReadEvent>,
}

impl AllFiles {
    /// Reads to the end and collects the files. Of a file that changed while
    /// reading, the newest revision is kept. If the list fails, what was downloaded is
    /// gone with it; the stream hands out each file as it comes.
    ///
    /// # Errors
    ///
    /// The error of [`ReadEvent::Failed`].
    pub async fn collect_all(mut self) -> Result<AllRead> {
        let mut files: Vec<File> = Vec::new();
        let mut failures: Vec<FileError> = Vec::new();
        let mut seen: HashSet<FileName> = HashSet::new();
        while let Some(event) = self.next().await {
            match event {
                ReadEvent::File(Ok(file)) => {
                    if !seen.insert(file.name.clone()) {
                        files.retain(|older| older.name != file.name);
                        failures.retain(|older| older.name != file.name);
                    }
                    files.push(file);
                }
                ReadEvent::File(Err(failure)) => {
                    seen.insert(failure.name.clone());
                    failures.push(failure);
                }
                ReadEvent::Status(_) => {}
                ReadEvent::Finished(status) => return Ok(AllRead { files, failures, status }),
                ReadEvent::Failed(error) => return Err(error),
            }
        }
        Err(Error::new(ErrorKind::Cancelled, "the read ended without a final status")
            .with_operation(Operation::ReadAllFiles))
    }
}

impl Stream for AllFiles {
    type Item = ReadEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ReadEvent>> {
        self.events.poll_next_unpin(cx)
    }
}

impl fmt::Debug for AllFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AllFiles").finish_non_exhaustive()
    }
}

impl User {
    /// Reads all files of a session: polls its list until it is complete and
    /// downloads every file, again if its `updatedDate` grows meanwhile.
    ///
    /// ```no_run
    /// use digime::{ReadAllOptions, ReadEvent};
    /// use futures_util::StreamExt;
    ///
    /// # async fn read(user: digime::User, session: digime::Session) {
    /// let mut events = user.read_all_files(&session.key, ReadAllOptions::new());
    /// while let Some(event) = events.next().await {
    ///     match event {
    ///         ReadEvent::File(Ok(file)) => println!("{}: {} bytes", file.name, file.len()),
    ///         ReadEvent::File(Err(failure)) => eprintln!("{failure}"),
    ///         ReadEvent::Status(status) => println!("now {}", status.state),
    ///         ReadEvent::Finished(status) => println!("finished: {}", status.state),
    ///         ReadEvent::Failed(error) => eprintln!("gave up: {error}"),
    ///         _ => {}
    ///     }
    /// }
    /// # }
    /// ```
    pub fn read_all_files(&self, session: &SessionKey, options: ReadAllOptions) -> AllFiles {
        AllFiles::of(SessionOfUser { user: self.clone(), session: session.clone() }, options)
    }
}

struct SessionOfUser {
    user: User,
    session: SessionKey,
}

impl ReadSession for SessionOfUser {
    fn list(&self) -> BoxFuture<'static, Result<FileList>> {
        let (user, session) = (self.user.clone(), self.session.clone());
        async move { user.read_file_list(&session).await }.boxed()
    }

    fn file(&self, name: &FileName) -> BoxFuture<'static, Result<File>> {
        let (user, session, name) = (self.user.clone(), self.session.clone(), name.clone());
        async move { user.read_file(&session, &name).await }.boxed()
    }
}

impl AllFiles {
    /// Everything of a session of any generation.
    pub(crate) fn of(session: impl ReadSession, options: ReadAllOptions) -> Self {
        let reader = Reader::new(Box::new(session), options);
        let events = stream::unfold(reader, |mut reader| async move {
            let event = reader.next().await?;
            Some((event, reader))
        });
        Self { events: events.fuse().boxed() }
    }
}

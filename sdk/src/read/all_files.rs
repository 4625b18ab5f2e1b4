//! Everything of a session as one stream: poll the list, download what is new,
//! report changes, end with the final status (protocol reference, README §8).

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::stream::{self, FuturesUnordered};
use futures_util::{FutureExt, StreamExt};
use tokio::time::sleep;

use crate::client::user::User;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::ids::{FileName, SessionKey};
use crate::read::file::File;
use crate::read::file_list::{FileEntry, FileList, SyncState, SyncStatus};

/// Options of [`User::read_all_files`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadAllOptions {
    concurrency: usize,
    poll_interval: Duration,
    deadline: Option<Duration>,
}

impl Default for ReadAllOptions {
    fn default() -> Self {
        Self {
            concurrency: 5,
            poll_interval: Duration::from_secs(3),
            deadline: Some(Duration::from_secs(30 * 60)),
        }
    }
}

impl ReadAllOptions {
    /// Five downloads at a time, a list every 3 s, 30 minutes in all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Downloads at a time, at least 1. Default 5.
    #[must_use]
    pub fn concurrency(mut self, downloads: usize) -> Self {
        self.concurrency = downloads.max(1);
        self
    }

    /// Wait between two reads of the file list. Default 3 s, as the official SDK.
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// Longest time for the whole read; past it the stream ends with
    /// [`ErrorKind::Deadline`]. Default 30 min.
    #[must_use]
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    /// Reads until the session is complete, however long that takes.
    #[must_use]
    pub fn no_deadline(mut self) -> Self {
        self.deadline = None;
        self
    }
}

/// One event of [`AllFiles`].
#[derive(Debug)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "most events are files; a box would cost each of them")]
pub enum ReadEvent {
    /// A file was downloaded, or failed to. Others go on.
    File(Result<File, FileError>),
    /// The state of the session changed.
    Status(SyncStatus),
    /// The session is complete and every file was reported. Always the last event.
    Finished(SyncStatus),
    /// The read cannot go on: the file list failed, or the deadline passed.
    /// Always the last event.
    Failed(Error),
}

/// A file that could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{name:?}: {error}")]
#[non_exhaustive]
pub struct FileError {
    /// Name of the file.
    pub name: FileName,
    /// `updatedDate` of its list entry, in **milliseconds** since 1970.
    pub updated_date: i64,
    /// What went wrong; [`Error::attempts`] says how often it was tried.
    #[source]
    pub error: Error,
}

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
/// Nothing runs unless it is polled, and dropping it cancels everything.
#[must_use = "streams do nothing unless polled"]
pub struct AllFiles {
    events: BoxStream<'static, ReadEvent>,
}

impl AllFiles {
    /// Reads to the end and collects the files. Of a file that changed while
    /// reading, the newest revision is kept.
    ///
    /// # Errors
    ///
    /// The error of [`ReadEvent::Failed`].
    pub async fn collect_all(mut self) -> Result<AllRead> {
        let mut files: Vec<File> = Vec::new();
        let mut failures: Vec<FileError> = Vec::new();
        while let Some(event) = self.next().await {
            match event {
                ReadEvent::File(Ok(file)) => {
                    files.retain(|older| older.name != file.name);
                    failures.retain(|older| older.name != file.name);
                    files.push(file);
                }
                ReadEvent::File(Err(failure)) => failures.push(failure),
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

/// A session as [`AllFiles`] reads it.
pub(crate) trait ReadSession: Send + Sync + 'static {
    /// Reads the file list.
    fn list(&self) -> BoxFuture<'static, Result<FileList>>;

    /// Reads a file.
    fn file(&self, name: &FileName) -> BoxFuture<'static, Result<File>>;
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

/// What the reader waits for before it looks at the list again.
enum Polling {
    Listing(BoxFuture<'static, Result<FileList>>),
    Sleeping(BoxFuture<'static, ()>),
    Over,
}

type Outcome = (FileEntry, Result<File>);

struct Reader {
    session: Box<dyn ReadSession>,
    options: ReadAllOptions,
    /// Fixed at the first poll, so that an unused stream does not age.
    deadline: Option<BoxFuture<'static, ()>>,
    polling: Polling,
    state: SyncState,
    /// Highest `updatedDate` asked for, by name.
    revisions: HashMap<FileName, i64>,
    waiting: VecDeque<FileEntry>,
    running: FuturesUnordered<BoxFuture<'static, Outcome>>,
    /// Names being downloaded: two revisions of a file never overlap.
    busy: HashSet<FileName>,
    last: Option<Result<SyncStatus>>,
    ended: bool,
}

#[expect(clippy::large_enum_variant, reason = "moved once, straight into the event")]
enum Woken {
    Deadline,
    Downloaded(Outcome),
    Listed(Result<FileList>),
    Slept,
}

impl Reader {
    fn new(session: Box<dyn ReadSession>, options: ReadAllOptions) -> Self {
        Self {
            session,
            options,
            deadline: None,
            polling: Polling::Sleeping(futures_util::future::ready(()).boxed()),
            // As the official SDK: a first answer `pending` is no change.
            state: SyncState::Pending,
            revisions: HashMap::new(),
            waiting: VecDeque::new(),
            running: FuturesUnordered::new(),
            busy: HashSet::new(),
            last: None,
            ended: false,
        }
    }

    async fn next(&mut self) -> Option<ReadEvent> {
        if self.deadline.is_none() {
            self.deadline = self.options.deadline.map(|limit| sleep(limit).boxed());
        }
        while !self.ended {
            self.start_downloads();
            if self.running.is_empty() && matches!(self.polling, Polling::Over) {
                self.ended = true;
                return match self.last.take()? {
                    Ok(status) => Some(ReadEvent::Finished(status)),
                    Err(error) => Some(ReadEvent::Failed(error)),
                };
            }
            let event = match poll_fn(|cx| self.poll_wait(cx)).await {
                Woken::Deadline => Some(self.overdue()),
                Woken::Downloaded((entry, result)) => Some(self.downloaded(entry, result)),
                Woken::Listed(list) => self.listed(list),
                Woken::Slept => {
                    self.polling = Polling::Listing(self.session.list());
                    None
                }
            };
            if event.is_some() {
                return event;
            }
        }
        None
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<Woken> {
        if let Some(deadline) = &mut self.deadline
            && deadline.poll_unpin(cx).is_ready()
        {
            return Poll::Ready(Woken::Deadline);
        }
        if let Poll::Ready(Some(outcome)) = self.running.poll_next_unpin(cx) {
            return Poll::Ready(Woken::Downloaded(outcome));
        }
        match &mut self.polling {
            Polling::Listing(list) => list.poll_unpin(cx).map(Woken::Listed),
            Polling::Sleeping(pause) => pause.poll_unpin(cx).map(|()| Woken::Slept),
            Polling::Over => Poll::Pending,
        }
    }

    fn listed(&mut self, list: Result<FileList>) -> Option<ReadEvent> {
        let list = match list {
            Ok(list) => list,
            Err(error) => {
                // What is under way may still succeed; nothing new is started.
                self.waiting.clear();
                self.polling = Polling::Over;
                self.last = Some(Err(error));
                return None;
            }
        };
        // As the official SDK, which ignores what a pending session lists
        // (protocol reference, README §8).
        if list.status.state != SyncState::Pending {
            self.enqueue(list.files);
        }
        let changed = list.status.state != self.state;
        self.state = list.status.state.clone();
        if self.state.is_final() {
            self.polling = Polling::Over;
            self.last = Some(Ok(list.status.clone()));
        } else {
            self.polling = Polling::Sleeping(sleep(self.options.poll_interval).boxed());
        }
        changed.then_some(ReadEvent::Status(list.status))
    }

    /// Queues what is new or newer. A file named twice in one list is taken once,
    /// in its newest revision.
    fn enqueue(&mut self, files: Vec<FileEntry>) {
        let mut superseded = HashSet::new();
        for entry in files {
            match self.revisions.get(&entry.name) {
                Some(known) if *known >= entry.updated_date => continue,
                Some(_) => {
                    superseded.insert(entry.name.clone());
                }
                None => {}
            }
            self.revisions.insert(entry.name.clone(), entry.updated_date);
            self.waiting.push_back(entry);
        }
        if !superseded.is_empty() {
            let newest = &self.revisions;
            self.waiting.retain(|entry| newest.get(&entry.name) == Some(&entry.updated_date));
        }
    }

    fn start_downloads(&mut self) {
        while self.running.len() < self.options.concurrency {
            let free = self.waiting.iter().position(|entry| !self.busy.contains(&entry.name));
            let Some(entry) = free.and_then(|index| self.waiting.remove(index)) else { return };
            self.busy.insert(entry.name.clone());
            let download = self.session.file(&entry.name);
            self.running.push(download.map(|result| (entry, result)).boxed());
        }
    }

    fn downloaded(&mut self, entry: FileEntry, result: Result<File>) -> ReadEvent {
        self.busy.remove(&entry.name);
        let updated_date = entry.updated_date;
        ReadEvent::File(match result {
            Ok(file) => Ok(file.updated(updated_date)),
            Err(error) => Err(FileError { name: entry.name, updated_date, error }),
        })
    }

    fn overdue(&mut self) -> ReadEvent {
        self.ended = true;
        self.waiting.clear();
        // Dropping the downloads cancels them: after its deadline a read costs nothing.
        self.running = FuturesUnordered::new();
        self.polling = Polling::Over;
        let limit = self.options.deadline.unwrap_or_default();
        let state = self.state.as_str().chars().take(40).collect::<String>();
        let what = format!("the session was not read within {limit:?}; its state is {state:?}");
        ReadEvent::Failed(
            Error::new(ErrorKind::Deadline, what)
                .with_operation(Operation::ReadAllFiles)
                .retryable(true)
                .advice("the session may be read again until it expires"),
        )
    }
}

//! How a whole session is read: the list is polled, and what is new in it downloaded.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::poll_fn;
use std::panic::resume_unwind;
use std::task::{Context, Poll};

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

use crate::error::{Error, ErrorKind, Operation, Result};
use crate::ids::FileName;
use crate::read::file::File;
use crate::read::file_list::{FileEntry, FileList, SyncState, SyncStatus};
use crate::read::read_all_options::ReadAllOptions;

/// One event of [`AllFiles`](crate::AllFiles).
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

/// A session that is read.
pub(crate) trait ReadSession: Send + Sync + 'static {
    /// Reads the file list.
    fn list(&self) -> BoxFuture<'static, Result<FileList>>;

    /// Reads a file.
    fn file(&self, name: &FileName) -> BoxFuture<'static, Result<File>>;
}

/// What the reader waits for before it looks at the list again.
enum Polling {
    Listing(BoxFuture<'static, Result<FileList>>),
    Sleeping(BoxFuture<'static, ()>),
    Over,
}

type Outcome = (FileEntry, Result<File>);

pub(super) struct Reader {
    session: Box<dyn ReadSession>,
    options: ReadAllOptions,
    /// Fixed at the first poll, so that an unused stream does not age.
    deadline: Option<BoxFuture<'static, ()>>,
    polling: Polling,
    state: SyncState,
    /// Highest `updatedDate` asked for, by name.
    revisions: HashMap<FileName, i64>,
    waiting: VecDeque<FileEntry>,
    /// Tasks of their own: what arrives is taken on where it arrives, without waking whoever reads.
    running: JoinSet<Outcome>,
    /// Names being downloaded: two revisions of a file never overlap.
    busy: HashSet<FileName>,
    last: Option<Result<SyncStatus>>,
    ended: bool,
}

#[expect(clippy::large_enum_variant, reason = "moved once, straight into the event")]
enum Woken {
    Deadline,
    Downloaded(Outcome),
    Abandoned(JoinError),
    Listed(Result<FileList>),
    Slept,
}

impl Reader {
    pub(super) fn new(session: Box<dyn ReadSession>, options: ReadAllOptions) -> Self {
        Self {
            session,
            options,
            deadline: None,
            polling: Polling::Sleeping(futures_util::future::ready(()).boxed()),
            // As the official SDK: a first answer `pending` is no change.
            state: SyncState::Pending,
            revisions: HashMap::new(),
            waiting: VecDeque::new(),
            running: JoinSet::new(),
            busy: HashSet::new(),
            last: None,
            ended: false,
        }
    }

    pub(super) async fn next(&mut self) -> Option<ReadEvent> {
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
                Woken::Downloaded((entry, result)) => self.downloaded(entry, result),
                Woken::Abandoned(error) => Some(self.abandoned(error)),
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
        if let Poll::Ready(Some(joined)) = self.running.poll_join_next(cx) {
            return Poll::Ready(joined.map_or_else(Woken::Abandoned, Woken::Downloaded));
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
            self.running.spawn(download.map(|result| (entry, result)));
        }
    }

    fn downloaded(&mut self, entry: FileEntry, result: Result<File>) -> Option<ReadEvent> {
        self.busy.remove(&entry.name);
        let updated_date = entry.updated_date;
        // While a session runs, a file may be listed before it is there (protocol reference,
        // http-api §4.3): the next list names it again.
        if matches!(self.polling, Polling::Listing(_) | Polling::Sleeping(_))
            && matches!(&result, Err(error) if error.status() == Some(404))
            && self.revisions.get(&entry.name) == Some(&updated_date)
        {
            self.revisions.remove(&entry.name);
            return None;
        }
        Some(ReadEvent::File(match result {
            Ok(file) => Ok(file.updated(updated_date)),
            Err(error) => Err(FileError { name: entry.name, updated_date, error }),
        }))
    }

    /// The runtime that downloaded has ended, and somebody reads on in another one; or there is a defect, which is
    /// not hidden.
    fn abandoned(&mut self, error: JoinError) -> ReadEvent {
        self.end();
        if let Ok(panic) = error.try_into_panic() {
            resume_unwind(panic);
        }
        let what = "the runtime ended before the files were read";
        ReadEvent::Failed(Error::new(ErrorKind::Cancelled, what).with_operation(Operation::ReadAllFiles))
    }

    /// Dropping the downloads cancels them: a read that is over costs nothing.
    fn end(&mut self) {
        self.ended = true;
        self.waiting.clear();
        self.running = JoinSet::new();
        self.polling = Polling::Over;
    }

    fn overdue(&mut self) -> ReadEvent {
        self.end();
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

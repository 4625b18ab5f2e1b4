//! Work that keeps a core busy: done beside the threads that wait for the
//! network, and never more of it at once than there are cores.

use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use futures_util::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task;

use crate::error::{Error, ErrorKind, Result};

/// The cores that the work of one client may keep busy. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Cores(Arc<Semaphore>);

impl Cores {
    /// All cores that this process may use.
    pub(crate) fn all() -> Self {
        Self::of(thread::available_parallelism().map_or(1, NonZero::get))
    }

    fn of(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count)))
    }

    /// Begins the work on a thread that may block, as soon as a core is free; who came
    /// first is served first. It is done even if nobody waits for it any more.
    ///
    /// The way there and back takes some 10 µs of a core: too long for one piece
    /// of a file, short for what is worth it (a signature takes 800 µs).
    pub(crate) fn work<T, W>(&self, work: W) -> impl Future<Output = Result<T>> + Send + 'static + use<T, W>
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
    {
        match Arc::clone(&self.0).try_acquire_owned() {
            Ok(core) => begin(core, work).left_future(),
            Err(_) => {
                let cores = Arc::clone(&self.0);
                // A task of its own waits: a future that its owner does not poll would be given the
                // core, and keep it from all others.
                let waiting = task::spawn(async move {
                    let core = cores.acquire_owned().await.map_err(|_| abandoned())?;
                    begin(core, work).await
                });
                waiting.map(|ended| ended.map_err(|_| abandoned()).flatten()).right_future()
            }
        }
    }
}

fn begin<T: Send + 'static>(
    core: OwnedSemaphorePermit,
    work: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = Result<T>> + Send + 'static {
    let working = task::spawn_blocking(move || {
        // Moved in, so that the core is free when the work is done, not when somebody asks for it.
        let _core = core;
        work()
    });
    working.map(|ended| ended.map_err(|_| abandoned()))
}

fn abandoned() -> Error {
    Error::new(ErrorKind::Cancelled, "the runtime ended before the work was done")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn work_is_done_on_another_thread() {
        let worker = Cores::all().work(|| thread::current().id()).await.unwrap();
        assert_ne!(worker, thread::current().id());
    }

    #[tokio::test]
    async fn no_more_is_done_at_once_than_there_are_cores() {
        let cores = Cores::of(3);
        let (busy, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let works = (0..40).map(|_| {
            let (busy, most) = (Arc::clone(&busy), Arc::clone(&most));
            cores.work(move || {
                most.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(2));
                busy.fetch_sub(1, Ordering::SeqCst);
            })
        });
        assert!(join_all(works).await.iter().all(Result::is_ok));
        let most = most.load(Ordering::SeqCst);
        assert!((2..=3).contains(&most), "{most} at once");
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_keeps_no_core_from_others() {
        let cores = Cores::of(1);
        let first = cores.work(|| thread::sleep(Duration::from_millis(30)));
        let second = cores.work(|| 2);
        assert_eq!(cores.work(|| 3).await.unwrap(), 3);
        drop(first);
        assert_eq!(second.await.unwrap(), 2);
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error_and_frees_its_core() {
        let cores = Cores::of(1);
        let error = cores.work(|| -> () { panic!("on purpose") }).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert_eq!(cores.work(|| 1).await.unwrap(), 1);
    }
}

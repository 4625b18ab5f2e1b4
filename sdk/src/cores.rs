//! Work that keeps a core busy: done beside the threads that wait for the
//! network, and never more of it at once than there are cores.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio::task;

use crate::error::{Error, ErrorKind, Result};

/// The cores that the work of one client may keep busy. Clones share them.
#[derive(Clone)]
pub(crate) struct Cores {
    count: usize,
    work: Arc<Mutex<Work>>,
}

#[derive(Default)]
struct Work {
    waiting: VecDeque<Job>,
    /// Workers that will look for waiting work before they go.
    workers: usize,
}

type Job = Box<dyn FnOnce() + Send>;

impl Cores {
    /// All cores that this process may use.
    pub(crate) fn all() -> Self {
        Self::of(thread::available_parallelism().map_or(1, NonZero::get))
    }

    fn of(count: usize) -> Self {
        Self { count, work: Arc::default() }
    }

    /// Has the work done on a thread that may block, as soon as a core is free; who
    /// came first is served first. It need not be waited for: it takes no core from
    /// others by not being polled, and is left out if nobody waits when its turn comes.
    ///
    /// The way there and back takes some 10 µs of a core: too long for one piece
    /// of a file, short for what is worth it (a signature takes 300 to 800 µs).
    pub(crate) fn work<T, W>(&self, work: W) -> impl Future<Output = Result<T>> + Send + 'static + use<T, W>
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
    {
        let (sender, done) = oneshot::channel();
        self.add(Box::new(move || {
            if !sender.is_closed() {
                let _ = sender.send(work());
            }
        }));
        done.map(|done| done.map_err(|_| abandoned()))
    }

    fn add(&self, job: Job) {
        let mut work = self.lock();
        work.waiting.push_back(job);
        if work.workers < self.count {
            work.workers += 1;
            drop(work);
            let worker = Worker { cores: self.clone(), on_duty: true };
            task::spawn_blocking(|| worker.run());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cores").field("count", &self.count).finish_non_exhaustive()
    }
}

/// A thread that does what waits, one after the other, and so wakes nobody in between.
struct Worker {
    cores: Cores,
    on_duty: bool,
}

impl Worker {
    fn run(mut self) {
        while let Some(job) = self.next() {
            // A job that panics drops its sender, and so tells who waits for it.
            let _ = catch_unwind(AssertUnwindSafe(job));
        }
    }

    fn next(&mut self) -> Option<Job> {
        let mut work = self.cores.lock();
        let job = work.waiting.pop_front();
        if job.is_none() {
            work.workers -= 1;
            self.on_duty = false;
        }
        job
    }
}

impl Drop for Worker {
    /// A runtime that ends drops workers which have not begun.
    fn drop(&mut self) {
        if self.on_duty {
            let mut work = self.cores.lock();
            work.workers -= 1;
            let abandoned =
                if work.workers == 0 { std::mem::take(&mut work.waiting) } else { VecDeque::new() };
            drop(work);
            drop(abandoned);
        }
    }
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
        let _first = cores.work(|| thread::sleep(Duration::from_millis(30)));
        let second = cores.work(|| 2);
        let (sender, given_up) = std::sync::mpsc::channel();
        drop(cores.work(move || sender.send(())));
        assert_eq!(cores.work(|| 3).await.unwrap(), 3);
        assert_eq!(second.now_or_never().expect("it came before the third").unwrap(), 2);
        assert!(given_up.try_recv().is_err(), "nobody waited for it");
    }

    #[test]
    fn work_of_a_runtime_that_ended_is_an_error_and_frees_its_core() {
        let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
        let cores = Cores::of(1);
        let ended = runtime();
        let handle = ended.handle().clone();
        ended.shutdown_background();
        let lost = {
            let _entered = handle.enter();
            cores.work(|| 1)
        };
        runtime().block_on(async {
            assert_eq!(lost.await.unwrap_err().kind(), ErrorKind::Cancelled);
            assert_eq!(cores.work(|| 2).await.unwrap(), 2);
        });
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error_and_frees_its_core() {
        let cores = Cores::of(1);
        let error = cores.work(|| -> () { panic!("on purpose") }).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert_eq!(cores.work(|| 1).await.unwrap(), 1);
    }
}

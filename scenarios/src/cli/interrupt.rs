//! Ctrl-C and `SIGTERM`: a run ends early and reports what it has; at any other time the program ends.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::Exit;
use super::output::fail;
use crate::run::StopSignal;

/// What an interruption stops, and which one came.
#[derive(Default)]
struct State {
    running: Option<StopSignal>,
    came: Option<Exit>,
}

/// Waits for signals on a thread of its own, so that they arrive whatever the program does.
#[derive(Clone)]
pub(super) struct Interrupt(Arc<Mutex<State>>);

impl Interrupt {
    /// Begins to wait. Where the system gives no signals, they end the program as ever.
    pub(super) fn listen() -> Self {
        let interrupt = Self(Arc::default());
        let (ready, listening) = oneshot::channel();
        let waiting = interrupt.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                // Dropped on failure, which `listening` sees.
                let _ = runtime.block_on(waiting.wait(ready));
            }
        });
        let _ = listening.blocking_recv();
        interrupt
    }

    /// From now on an interruption stops a run instead of the program, until the guard is dropped.
    pub(super) fn stops(&self, run: &StopSignal) -> Guard {
        self.with(|state| state.running = Some(run.clone()));
        Guard(self.clone())
    }

    /// Which interruption came.
    pub(super) fn came(&self) -> Option<Exit> {
        self.with(|state| state.came)
    }

    async fn wait(&self, ready: oneshot::Sender<()>) -> std::io::Result<()> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let (mut interrupt, mut terminate) =
                (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
            let _ = ready.send(());
            loop {
                tokio::select! {
                    _ = interrupt.recv() => self.arrived(Exit::Interrupted),
                    _ = terminate.recv() => self.arrived(Exit::Terminated),
                }
            }
        }
        #[cfg(not(unix))]
        {
            let _ = ready.send(());
            loop {
                tokio::signal::ctrl_c().await?;
                self.arrived(Exit::Interrupted);
            }
        }
    }

    fn arrived(&self, exit: Exit) {
        let running = self.with(|state| {
            // The second one ends the program: the first one's run may hang.
            let again = state.came.replace(exit).is_some();
            state.running.clone().filter(|_| !again)
        });
        match running {
            Some(run) => {
                fail("stopping; once more ends the program at once", exit);
                run.stop();
            }
            None => std::process::exit(exit as i32),
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// While it lives, an interruption stops the run that it was made for.
pub(super) struct Guard(Interrupt);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.with(|state| state.running = None);
    }
}

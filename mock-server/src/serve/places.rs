//! The places of connections, of which there are as many as the limit of open files leaves.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::clock::Stopwatch;
use crate::open_files;

/// How long nothing is accepted after the system refused to.
const PAUSE: Duration = Duration::from_millis(50);
/// How often the log says at most that connections wait.
const SAID: Duration = Duration::from_secs(60);

/// Accepts connections for as long as there are places for them.
pub(super) struct Gate {
    places: Arc<Semaphore>,
    /// Since the log said that connections wait.
    said: Option<Stopwatch>,
}

impl Gate {
    pub(super) fn new(places: Arc<Semaphore>) -> Self {
        Self { places, said: None }
    }

    /// The next connection, with its place. Those for which there is none wait in the system's queue.
    pub(super) async fn accept(
        &mut self,
        listener: &TcpListener,
    ) -> Option<(TcpStream, std::net::SocketAddr, OwnedSemaphorePermit)> {
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                self.say("no more connections may be open");
                // An error would say that there are no places any more, ever: nobody closes them.
                Arc::clone(&self.places).acquire_owned().await.ok()?
            }
        };
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return Some((stream, peer, place)),
                // The client has gone before it was accepted.
                Err(error) if is_of_client(&error) => {}
                Err(error) => {
                    self.say(&error.to_string());
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    fn say(&mut self, problem: &str) {
        if self.said.is_some_and(|said| said.elapsed() < SAID) {
            return;
        }
        self.said = Some(Stopwatch::start());
        match open_files::limit() {
            Some(limit) => tracing::warn!(
                "connections wait until others close: {problem}; the limit is {limit} open files, and ulimit -n raises it"
            ),
            None => tracing::warn!("connections wait until others close: {problem}"),
        }
    }
}

fn is_of_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
    )
}

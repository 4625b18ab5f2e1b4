//! Sends requests that are ready over many connections, each of which waits for its answer before it goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Barrier;

use crate::Fallible;

/// A request as it goes over the wire.
pub(crate) type Wire = Arc<[u8]>;

/// What came of them.
pub(crate) struct Outcome {
    /// From the first request to the last answer.
    pub(crate) took: Duration,
    /// How long each waited, shortest first.
    pub(crate) waits: Vec<Duration>,
    /// The bodies, in the order of the requests, if they were wanted.
    pub(crate) bodies: Vec<Vec<u8>>,
}

impl Outcome {
    /// The time within which this share of all was answered.
    pub(crate) fn within(&self, share: f64) -> Duration {
        let place = (self.waits.len() as f64 * share) as usize;
        self.waits[place.min(self.waits.len() - 1)]
    }
}

/// Sends one request, and gives the head and the body of its answer.
pub(crate) fn whole(address: &str, request: &Wire) -> Fallible<(String, String)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = Connection::open(address).await?;
        let body = connection.exchange(request, true).await?;
        Ok((connection.head, String::from_utf8(body)?))
    })
}

/// Sends all of them. A status other than 2xx or 3xx ends the run.
pub(crate) fn drive(address: &str, requests: &[Wire], connections: usize, keep: bool) -> Fallible<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let next = Arc::new(AtomicUsize::new(0));
        let requests: Arc<[Wire]> = requests.into();
        let ready = Arc::new(Barrier::new(connections + 1));
        let mut tasks = Vec::new();
        for _ in 0..connections {
            let mut connection = Connection::open(address).await?;
            let (next, requests, ready) = (Arc::clone(&next), Arc::clone(&requests), Arc::clone(&ready));
            tasks.push(tokio::task::spawn(async move {
                ready.wait().await;
                let mut seen = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(request) = requests.get(number) else { break };
                    let begun = Instant::now();
                    let body = connection.exchange(request, keep).await?;
                    seen.push((number, begun.elapsed(), body));
                }
                Fallible::Ok(seen)
            }));
        }
        ready.wait().await;
        let begun = Instant::now();
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await??);
        }
        let took = begun.elapsed();
        all.sort_unstable_by_key(|(number, ..)| *number);
        let mut waits: Vec<_> = all.iter().map(|(_, wait, _)| *wait).collect();
        waits.sort_unstable();
        Ok(Outcome { took, waits, bodies: all.into_iter().map(|(.., body)| body).collect() })
    })
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// The head of the last answer, if its body was wanted.
    head: String,
}

impl Connection {
    async fn open(address: &str) -> Fallible<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 1 << 16], head: String::new() })
    }

    async fn exchange(&mut self, request: &[u8], keep: bool) -> Fallible<Vec<u8>> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        let end = loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                return Err("the connection was closed".into());
            }
            filled += read;
            if let Some(end) = self.buffer[..filled].windows(4).position(|it| it == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = std::str::from_utf8(&self.buffer[..end])?;
        let status = head.split(' ').nth(1).ok_or("no status")?;
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok()).flatten()
        });
        if !status.starts_with(['2', '3']) {
            return Err(String::from_utf8_lossy(&self.buffer[..filled]).into_owned().into());
        }
        let length = length.ok_or("a body of unknown length")?;
        if keep {
            self.head = head.to_owned();
        }
        let mut body = if keep { self.buffer[end..filled].to_vec() } else { Vec::new() };
        let mut left = length - (filled - end);
        while left > 0 {
            let read = self.stream.read(&mut self.buffer).await?;
            if read == 0 {
                return Err("the connection was closed".into());
            }
            if keep {
                body.extend_from_slice(&self.buffer[..read]);
            }
            left -= read;
        }
        Ok(body)
    }
}

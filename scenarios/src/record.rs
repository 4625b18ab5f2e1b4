//! What went over the wire while a scenario ran: the runner's own recording.

mod sdk;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderMap;
pub(crate) use sdk::SdkObserver;

use crate::clock::Stopwatch;
use crate::report::Party;

/// How much of a body is kept; files are told by their size.
const KEPT: usize = 256 * 1024;

/// A request and its answer, secrets included: never leaves the runner.
#[derive(Clone, Debug)]
pub(crate) struct RawExchange {
    pub(crate) started: Duration,
    pub(crate) ended: Duration,
    pub(crate) from: Party,
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) status: Option<u16>,
    pub(crate) answer_headers: HeaderMap,
    pub(crate) answer: Vec<u8>,
    pub(crate) answer_size: u64,
    /// What ended it early, if anything did.
    pub(crate) broken: Option<String>,
}

/// The exchanges of a scenario. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    watch: Stopwatch,
    exchanges: Arc<Mutex<Vec<RawExchange>>>,
}

/// A request whose answer is still to come.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    recording: Recording,
    index: usize,
}

impl Recording {
    pub(crate) fn start() -> Self {
        Self { watch: Stopwatch::start(), exchanges: Arc::default() }
    }

    /// Time since the scenario began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.watch.elapsed()
    }

    /// How many exchanges there are.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// The exchanges from one on.
    pub(crate) fn since(&self, start: usize) -> Vec<RawExchange> {
        self.lock().get(start..).unwrap_or_default().to_vec()
    }

    /// Notes a request.
    pub(crate) fn request(
        &self,
        from: Party,
        method: &str,
        url: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Pending {
        let now = self.elapsed();
        let mut exchanges = self.lock();
        exchanges.push(RawExchange {
            started: now,
            ended: now,
            from,
            method: method.to_owned(),
            url: url.to_owned(),
            headers: headers.clone(),
            body: body[..body.len().min(KEPT)].to_vec(),
            status: None,
            answer_headers: HeaderMap::new(),
            answer: Vec::new(),
            answer_size: 0,
            broken: None,
        });
        Pending { recording: self.clone(), index: exchanges.len() - 1 }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<RawExchange>> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    /// Notes a piece of the request's body.
    pub(crate) fn request_piece(&self, bytes: &[u8]) {
        self.update(|exchange| {
            let room = KEPT.saturating_sub(exchange.body.len());
            exchange.body.extend_from_slice(&bytes[..bytes.len().min(room)]);
        });
    }

    /// Notes status and headers of the answer.
    pub(crate) fn answer(&self, status: u16, headers: &HeaderMap) {
        self.update(|exchange| {
            exchange.status = Some(status);
            exchange.answer_headers = headers.clone();
        });
    }

    /// Notes a piece of the answer's body.
    pub(crate) fn piece(&self, bytes: &[u8]) {
        self.update(|exchange| {
            exchange.answer_size += bytes.len() as u64;
            let room = KEPT.saturating_sub(exchange.answer.len());
            exchange.answer.extend_from_slice(&bytes[..bytes.len().min(room)]);
        });
    }

    /// Notes that no more came.
    pub(crate) fn broke(&self, why: impl Into<String>) {
        self.update(|exchange| exchange.broken = Some(why.into()));
    }

    fn update(&self, change: impl FnOnce(&mut RawExchange)) {
        let now = self.recording.elapsed();
        if let Some(exchange) = self.recording.lock().get_mut(self.index) {
            change(exchange);
            exchange.ended = now;
        }
    }
}

impl RawExchange {
    /// The value of an answer's header.
    pub(crate) fn answer_header(&self, name: &str) -> Option<&str> {
        self.answer_headers.get(name).and_then(|value| value.to_str().ok())
    }
}

//! `GET /__admin/events`.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use http::header::{CACHE_CONTROL, HeaderName};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use sync_wrapper::SyncWrapper;
use tokio::sync::watch;

use super::super::access::SANDBOX;
use super::super::browser;
use super::super::clock::ClockJson;
use super::super::faults::FaultList;
use super::summary::Summary;
use crate::clock::Stopwatch;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::http::browser_session::BrowserSession;
use crate::http::call::Call;
use crate::http::endpoint::{BY_ADMIN, Endpoint};
use crate::http::reply::{Outcome, Reply, ReplyBody};
use crate::http::server::Server;
use crate::http::streams::Place;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::refusals::{ADMIN, STREAMS, TOO_LARGE, UNREADABLE};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::sandbox::Sandbox;
use crate::sandbox::caller::Caller;
use crate::sandbox::feed::{Begin, Feed, Gap, Look, Marks, News};

impl Operation {
    /// `GET /__admin/events`
    pub const ADMIN_EVENTS: Self = Self::named("adminEvents");
}

pub(in crate::admin) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::ADMIN_EVENTS,
        method: Method::GET,
        area: Area::Admin,
        template: "/events",
        summary: "`GET /__admin/events`",
        deprecated: false,
        answer: AnswerKind::Bytes,
        body: BodyMode::Whole,
        refusals: &[UNREADABLE, TOO_LARGE, ADMIN, STREAMS],
    },
    sandbox: BY_ADMIN,
    exchange,
    handler: |call| Box::pin(events(call)),
};

/// How long a stream is silent at most.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often a stream looks for what nobody tells it of: other servers, a sandbox that is gone.
const LOOK: Duration = Duration::from_millis(500);
/// The header in which a browser says which event it saw last.
const LAST_EVENT_ID: &str = "last-event-id";

fn exchange(_schemas: &mut Schemas) -> Exchange {
    let said = "Server-sent events: ready, request (in short), forgotten, cleared, clock, faults. The id of an event \
                is what Last-Event-ID or after resumes behind, without a gap.";
    Exchange::new(Auth::Admin, Answer::new(200, said, Content::opaque(&["text/event-stream"])))
        .query(SANDBOX.0, SANDBOX.1)
        .query(
            "after",
            "Where it begins: the id of an event, or the number of a request; 0 for all that are kept.",
        )
        .request_header("Last-Event-ID", "As after, and counts before it.")
}

/// A stream on its way.
struct Stream {
    server: Arc<Server>,
    caller: Caller,
    /// That of the browser, if it logged in.
    session: Option<BrowserSession>,
    feed: Feed,
    news: watch::Receiver<()>,
    ended: watch::Receiver<bool>,
    begun: bool,
    /// When it last looked everywhere.
    looked: Option<Stopwatch>,
    _place: Place,
}

async fn events(call: &mut Call) -> Outcome {
    let begin = begin(call)?;
    // A partner with many sandboxes has no more places than one with a single one.
    let owner = call.caller.partner().map_or(call.sandbox.id(), |partner| partner.record.sandbox.as_str());
    let place = call.server.streams.place(owner).ok_or_else(|| {
        let message = "Too many streams of events are open";
        let refusal = Refusal::new(429, RefusalCode::TooManyRequests, message, "close some of them");
        refusal.retry_after(Duration::from_secs(10))
    })?;
    let stream = Stream {
        news: call.sandbox.journal.news(),
        ended: call.server.streams.ended(),
        feed: Feed::new(Arc::clone(&call.sandbox), begin),
        server: Arc::clone(&call.server),
        caller: call.caller.clone(),
        session: browser::shown_session(call),
        begun: false,
        looked: None,
        _place: place,
    };
    let events = stream::unfold(stream, async |mut stream| Some((stream.next().await?, stream))).boxed();
    let reply = Reply::new(StatusCode::OK, ReplyBody::Events(SyncWrapper::new(events)));
    let reply = reply.header(CACHE_CONTROL, "no-store");
    // Some proxies collect answers until they are whole.
    Ok(reply.header(HeaderName::from_static("x-accel-buffering"), "no"))
}

/// Where a stream begins.
fn begin(call: &Call) -> Result<Begin, Refusal> {
    let header = call.headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok());
    let given = header.map(str::to_owned).or_else(|| call.query_value("after")).filter(|it| !it.is_empty());
    let Some(given) = given else { return Ok(Begin::Now) };
    match given.parse() {
        Ok(sequence) => Ok(Begin::After(sequence)),
        Err(_) => given
            .parse::<Marks>()
            .map(Begin::Again)
            .map_err(|error| Refusal::validation(format!("after: {error}"))),
    }
}

impl Stream {
    /// The next events; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.begun {
            self.begun = true;
            let ready = json!({ "sandbox": self.feed.sandbox().id() });
            return Some(event("ready", self.feed.marks(), &ready).into());
        }
        let mut silent = Duration::ZERO;
        loop {
            if *self.ended.borrow() || !self.is_open() {
                return None;
            }
            self.news.mark_unchanged();
            // By time, not by turn: neither does each event of a busy sandbox ask the database, nor do they keep it
            // from being asked.
            let is_due = self.looked.is_none_or(|looked| looked.elapsed() >= LOOK);
            if is_due {
                self.looked = Some(Stopwatch::start());
            }
            let news = self.feed.next(if is_due { Look::Everywhere } else { Look::Here }).await;
            if !news.is_empty() {
                let mut events = String::new();
                for (marks, news) in &news {
                    events.push_str(&self.told(marks, news).await);
                }
                return Some(events.into());
            }
            if silent >= HEARTBEAT {
                return Some(Bytes::from_static(b":\n\n"));
            }
            tokio::select! {
                _ = self.news.changed() => {}
                _ = self.ended.changed() => {}
                () = tokio::time::sleep(LOOK) => silent += LOOK,
            }
        }
    }

    /// Whether the sandbox is still there for whoever asked.
    fn is_open(&self) -> bool {
        let sandbox: &Arc<Sandbox> = self.feed.sandbox();
        let (sessions, now) = (&self.server.browser_sessions, self.server.sandboxes.real_now());
        if self.session.as_ref().is_some_and(|session| sessions.is_over(session, now)) {
            return false;
        }
        let known = self.server.sandboxes.get(sandbox.id());
        let partner = self.caller.partner().is_none_or(|partner| {
            let now = self.server.sandboxes.registry.partners.get(&partner.record.id);
            now.is_some_and(|now| now.record.token == partner.record.token)
        });
        partner && known.is_some_and(|known| Arc::ptr_eq(&known, sandbox))
    }

    async fn told(&self, marks: &Marks, news: &News) -> String {
        let sandbox = self.feed.sandbox();
        match news {
            News::Request(entry) => event("request", marks, &written(&Summary::from(entry.as_ref()))),
            News::Forgotten(Gap { server, first, last }) => {
                event("forgotten", marks, &json!({ "server": server, "first": first, "last": last }))
            }
            News::Cleared => event("cleared", marks, &json!({})),
            News::Clock => event("clock", marks, &written(&ClockJson::of(sandbox).await)),
            News::Faults(faults) => event("faults", marks, &written(&FaultList::of(faults.clone()))),
        }
    }
}

fn written(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// JSON has no line breaks.
fn event(name: &str, marks: &Marks, data: &Value) -> String {
    let mut text = String::new();
    let _ = write!(text, "id: {marks}\nevent: {name}\ndata: {data}\n\n");
    text
}

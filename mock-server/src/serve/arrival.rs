//! How a request comes in: its parameters, and its body within limits.

use std::sync::OnceLock;

use axum::body::Body;
use axum::extract::RawPathParams;
use axum::extract::rejection::RawPathParamsRejection;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, EXPECT};
use http::{HeaderMap, Request, Version};
use hyper::body::Body as _;
use sync_wrapper::SyncWrapper;

use crate::clock::Stopwatch;
use crate::domain::refusal::Refusal;
use crate::http::call::{Call, Target};
use crate::http::form_file;
use crate::http::request_body;
use crate::http::server::{Server, Socket};
use crate::journal::verdict::Verdict;
use crate::operations::generation::Generation;
use crate::operations::route::{BodyMode, Route};
use crate::payload::arriving::Room;
use crate::sandbox::caller::Caller;
use crate::state_file::LARGEST_FILE;
use crate::verify::request as verify;

/// A request that came in.
pub(super) struct Arrival {
    /// In a place of its own: a future that holds it would be copied with it whenever it is handed on.
    pub(super) call: Box<Call>,
    /// Why it is refused before its handler sees it.
    pub(super) problem: Option<Refusal>,
    pub(super) version: Version,
    pub(super) watch: Stopwatch,
    /// Whether the client waits to be told to send its body.
    pub(super) expects_continue: bool,
    /// Whether the client may go on to send what nobody reads.
    pub(super) leaves_body: bool,
    /// What its body takes of the room that all bodies have.
    _room: Room,
}

/// What was taken in of a body.
#[derive(Default)]
struct Taken {
    whole: Bytes,
    stream: Option<SyncWrapper<Body>>,
    problem: Option<Refusal>,
    leaves_body: bool,
    room: Room,
}

/// Takes a request in, up to its body: of an operation that takes it piece by piece, up to its head.
pub(super) async fn take_in(
    Socket { server, peer }: Socket,
    target: Target,
    params: Result<RawPathParams, RawPathParamsRejection>,
    request: Request<Body>,
) -> Arrival {
    let (watch, received) = (Stopwatch::start(), server.sandboxes.real_now());
    let (parts, body) = request.into_parts();
    let bad_path = params.as_ref().err().map(|error| Refusal::validation(error.body_text()));
    let named = |params: RawPathParams| {
        params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let expects_continue = parts.headers.contains_key(EXPECT);
    let mut call = Box::new(Call {
        sandbox: server.sandboxes.default_sandbox(),
        target,
        generation: Generation::of_path(parts.uri.path()),
        method: parts.method,
        uri: parts.uri,
        params: params.map(named).unwrap_or_default(),
        headers: parts.headers,
        body: Bytes::new(),
        stream: None,
        sdk_warning: None,
        named: None,
        listed: None,
        issued: None,
        received,
        peer,
        contract: None,
        nonce: None,
        user: None,
        caller: Caller::Client,
        verdict: Verdict::default(),
        presented: OnceLock::new(),
        server,
    });
    // Most requests have no body, and wait for none.
    let is_bare = body.is_end_stream()
        && !expects_continue
        && !call.headers.contains_key(CONTENT_ENCODING)
        && call.route().is_none_or(|route| route.body == BodyMode::Whole);
    let arrived = match is_bare {
        true => Taken::default(),
        false => Box::pin(take_body(&call, body, expects_continue)).await,
    };
    (call.body, call.stream) = (arrived.whole, arrived.stream);
    Arrival {
        call,
        problem: bad_path.or(arrived.problem),
        version: parts.version,
        watch,
        expects_continue,
        leaves_body: arrived.leaves_body,
        _room: arrived.room,
    }
}

async fn take_body(call: &Call, body: Body, expects_continue: bool) -> Taken {
    let Call { server, headers, .. } = call;
    let mode = call.route().map_or(BodyMode::Whole, |route| route.body);
    let limit = largest(mode, server, headers);
    let declared = body.size_hint().lower();
    let mut taken = Taken::default();
    let unsuitable = request_body::unsuitable(headers, declared, limit);
    // Nobody has to send, and nobody waits for, what is refused by what its head says.
    if unsuitable.is_some() && (declared > limit || expects_continue) {
        taken.leaves_body = expects_continue || !request_body::discard_at_once(body, declared).await;
        taken.problem = unsuitable;
    } else if unsuitable.is_some() {
        request_body::discard(body).await;
        taken.problem = unsuitable;
    } else if mode != BodyMode::Whole {
        taken.stream = Some(SyncWrapper::new(body));
    } else if expects_continue && !may_pass(call) {
        // What refuses it says why, and asks for the body no more than the client need send it.
        taken.leaves_body = true;
    } else {
        let limit = server.settings.body_limit;
        (taken.whole, taken.problem) = request_body::read(body, limit, &mut taken.room).await;
        taken.leaves_body = taken.problem.as_ref().is_some_and(request_body::is_paused);
    }
    taken
}

/// Whether a request may be one that is not refused by its head.
fn may_pass(call: &Call) -> bool {
    let may = |route: &Route| !route.is_signed() || verify::may_pass(&call.headers, &call.server.sandboxes);
    call.route().is_some_and(may)
}

/// The largest body that an operation takes in, in bytes.
fn largest(mode: BodyMode, server: &Server, headers: &HeaderMap) -> u64 {
    let settings = &server.settings;
    match mode {
        BodyMode::Streamed => settings.push_limit.max(settings.storage.file) + form_file::room(headers),
        BodyMode::Huge => LARGEST_FILE,
        BodyMode::Whole => settings.body_limit as u64,
    }
}
